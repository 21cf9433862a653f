# shellcheck shell=bash
# Sourced after lib.sh: a throwaway PostgreSQL cluster. start_postgres exports HEARBACK_TEST_POSTGRES, a URL whose
# user may create databases: each test makes its own.

# Where initdb and postgres are: PG_BIN, else the newest that the usual places hold, else nothing.
postgres_bin() {
  local bin
  for bin in "${PG_BIN:-}" $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV); do
    if [ -x "$bin/initdb" ]; then echo "$bin"; return; fi
  done
}

need_postgres() {
  PG_BIN=$(postgres_bin)
  if [ ! -x "$PG_BIN/initdb" ]; then
    # Without this file Debian's package would also make and start a cluster of its own, which nobody asked for.
    as_root mkdir -p /etc/postgresql-common/createcluster.d 2>/dev/null || true
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/hearback.conf >/dev/null 2>&1 || true
    need_packages "no PostgreSQL server here" postgresql
    PG_BIN=$(postgres_bin)
  fi
  [ -x "$PG_BIN/initdb" ] || die "no PostgreSQL server binaries; install PostgreSQL or set PG_BIN to the folder of initdb"
}

# initdb and postgres refuse root, so as root the cluster belongs to the package's own user, else to nobody.
PG_AS=()
start_postgres() {
  local dir=$PEERS_TMP/pg port password user
  need_postgres
  if [ "$(id -u)" = 0 ]; then
    user=nobody; ! id postgres >/dev/null 2>&1 || user=postgres
    PG_AS=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups --pdeathsig INT)
  fi
  pick_port port
  password=$(openssl rand -hex 16)
  mkdir -m 700 "$dir"
  printf '%s\n' "$password" >"$dir/password"
  [ "$(id -u)" != 0 ] || chown -R "$user" "$dir"
  # The password crosses 127.0.0.1 as it is: SCRAM's rounds, in an unoptimised client, would cost each of hundreds
  # of connections a tenth of a second.
  (cd / && "${PG_AS[@]}" "$PG_BIN/initdb" -D "$dir/data" -U hearback --pwfile="$dir/password" --auth-local=password \
    --auth-host=password --encoding=UTF8 --no-locale --no-sync) >"$PEERS_TMP/initdb.log" 2>&1 \
    || { tail -20 "$PEERS_TMP/initdb.log" >&2; die "initdb failed, see above"; }
  # Nothing here outlives the run, so nothing has to reach the disk. Tests kill hearback, never the database.
  start postgres "${PG_AS[@]}" "$PG_BIN/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c "unix_socket_directories=$dir" -c max_connections=200 -c fsync=off -c full_page_writes=off
  export HEARBACK_TEST_POSTGRES="postgres://hearback:$password@127.0.0.1:$port/postgres"
  await postgres 30 env PGPASSWORD="$password" "$PG_BIN/psql" -qAt -h 127.0.0.1 -p "$port" -U hearback -d postgres -c 'select 1'
  echo "PostgreSQL $("$PG_BIN/postgres" --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -1) on 127.0.0.1:$port"
}
