# shellcheck shell=bash
# Sourced after lib.sh and debian.sh: a throwaway ClickHouse, the server of Debian's package.
#
# start_clickhouse exports HEARBACK_TEST_CLICKHOUSE, `name=value` with a space between: url=, writer= and reader= (users,
# the second may only read) and password= (of both).

install_clickhouse() {
  local dir
  if [ -n "${CLICKHOUSE_SERVER_BIN:-}" ]; then return; fi
  # Its libraries; the package of the server alone would start one.
  ls /usr/lib/*/libclickhouse.so.* >/dev/null 2>&1 || need_packages "no ClickHouse here" clickhouse-common
  unpack dir clickhouse-server
  CLICKHOUSE_SERVER_BIN=$dir/usr/sbin/clickhouse-server
}

start_clickhouse() {
  local port native dir=$PEERS_TMP/clickhouse password
  install_clickhouse
  pick_port port
  pick_port native
  password=$(openssl rand -hex 16)
  mkdir -p "$dir/data" "$dir/tmp"
  local user="<password>$password</password><networks><ip>127.0.0.1</ip></networks><quota>default</quota>"
  cat >"$dir/users.xml" <<XML
<yandex>
  <profiles><default/><only_reads><readonly>1</readonly></only_reads></profiles>
  <users>
    <default>$user<profile>default</profile></default>
    <reader>$user<profile>only_reads</profile></reader>
  </users>
  <quotas><default/></quotas>
</yandex>
XML
  cat >"$dir/config.xml" <<XML
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host><http_port>$port</http_port><tcp_port>$native</tcp_port>
  <path>$dir/data/</path><tmp_path>$dir/tmp/</tmp_path><users_config>$dir/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>5368709</mark_cache_size><timezone>UTC</timezone>
</yandex>
XML
  start clickhouse "$CLICKHOUSE_SERVER_BIN" --config-file="$dir/config.xml"
  await clickhouse 60 curl -fsS --max-time 2 "http://127.0.0.1:$port/"
  export HEARBACK_TEST_CLICKHOUSE="url=http://127.0.0.1:$port writer=default reader=reader password=$password"
  echo "ClickHouse $(curl -fsS -H 'X-ClickHouse-User: reader' -H "X-ClickHouse-Key: $password" "http://127.0.0.1:$port/?query=SELECT%20version()") on 127.0.0.1:$port"
}
