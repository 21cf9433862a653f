# shellcheck shell=bash
# Sourced after lib.sh and debian.sh: Debian's Prometheus on 127.0.0.1, with three hours of numbers that lie in the past.
#
# start_prometheus exports HEARBACK_TEST_PROMETHEUS, `name=value` with a space between: url= from_s= (when the first of
# the three hours began, seconds since 1970). checkout_errors{flag="new-checkout"} is 0.25, then 0.5, then NaN, a sample a
# minute; tricky has the value 7 for a flag with every letter that PromQL knows, and 1 for one that is like it as a pattern.

install_prometheus() {
  local dir
  if [ -n "${PROMETHEUS_BIN:-}" ] && [ -n "${PROMTOOL_BIN:-}" ]; then return; fi
  unpack dir prometheus
  PROMETHEUS_BIN=$dir/usr/bin/prometheus PROMTOOL_BIN=$dir/usr/bin/promtool
}

start_prometheus() {
  local port dir=$PEERS_TMP/prometheus from
  install_prometheus
  pick_port port
  mkdir -p "$dir"
  from=$(($(date +%s) / 3600 * 3600 - 5 * 3600))
  {
    echo '# TYPE checkout_errors gauge'
    awk -v from="$from" 'BEGIN {
      for (i = 0; i < 180; i++) printf "checkout_errors{flag=\"new-checkout\"} %s %d\n", i < 60 ? 0.25 : i < 120 ? 0.5 : "NaN", from + i * 60
    }'
    echo '# TYPE tricky gauge'
    awk -v from="$from" 'BEGIN { for (i = 0; i < 60; i++) {
      printf "tricky{flag=\"a\\\"b\\\\c'"'"'d.*\"} 7 %d\n", from + i * 60
    } }'
    awk -v from="$from" 'BEGIN { for (i = 0; i < 60; i++) printf "tricky{flag=\"a\\\"b\\\\c'"'"'dxyz\"} 1 %d\n", from + i * 60 }'
    echo '# EOF'
  } >"$dir/past.om"
  "$PROMTOOL_BIN" tsdb create-blocks-from openmetrics "$dir/past.om" "$dir/data" >"$PEERS_TMP/promtool.log" 2>&1 \
    || { tail -5 "$PEERS_TMP/promtool.log" >&2; die "promtool failed, see above"; }
  echo 'scrape_configs: []' >"$dir/prometheus.yml"
  start prometheus "$PROMETHEUS_BIN" --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" \
    --web.listen-address="127.0.0.1:$port" --web.console.libraries=/nonexistent --web.console.templates=/nonexistent --log.level=warn
  await prometheus 30 curl -fsS --max-time 2 "http://127.0.0.1:$port/-/ready"
  export HEARBACK_TEST_PROMETHEUS="url=http://127.0.0.1:$port from_s=$from"
  echo "Prometheus $(curl -fsS "http://127.0.0.1:$port/api/v1/status/buildinfo" | jq -r .data.version) on 127.0.0.1:$port"
}
