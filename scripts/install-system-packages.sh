#!/bin/sh
# The Debian packages that tests and benchmarks need, beyond Node itself. Run it as root.
# It says nothing when all of them are there, and starts none of the services that they bring.
set -eu

packages='
  postgresql-15         # the server under test, pgbench, and the contrib modules
  postgresql-client-15  # psql, pg_regress, pg_isolation_regress
  pgbouncer             # the peer that the benchmarks compare with
  libpq-dev             # headers for clients that are built here
  gcc libc6-dev         # compile the regression suite library
  dpkg-dev              # fetch and unpack the source of the installed server
  openssl               # certificates for test servers
  python3-venv          # Python database clients
'

missing=''
for package in $(printf '%s\n' "$packages" | sed 's/#.*//'); do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing Debian packages:$missing" >&2
  echo "Install them with: sudo $0" >&2
  exit 1
fi

# Debian starts a service as soon as it is installed; here each test starts its own server.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -qq --no-install-recommends $missing > /dev/null
