/** Makes a table `refusing`. A copy into it fails behind CopyInResponse, before it reads anything. */
export const REFUSING_TABLE = `CREATE TEMP TABLE refusing (a int);
  CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE ''no''; END';
  CREATE TRIGGER refuse BEFORE INSERT ON refusing
    FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.refuse()`;
