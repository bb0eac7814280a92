/** The name under which clients ask Weir for the database. */
export const TARGET = 'bench';
