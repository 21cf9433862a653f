#!/usr/bin/env bash
# What hearback costs a machine before it does anything: time to the first answer, memory at rest, size.
# Prints a Markdown table. Needs bash 5, Linux's /proc, cargo.
#
#   benches/footprint.sh            prints the table
#   benches/footprint.sh --write    writes it into README.md, between its two footprint marks, as well
#
# RUNS (10) starts of each kind, IDLE_S (10) seconds of rest, HEARBACK_BIN to measure a binary that is already there.
#
# Times end at the first 200 from /healthz, asked for every 2 ms; each begins before the exec. Milliseconds differ from
# machine to machine, so the same loop also times /bin/true, the least that a process can cost here, and each time is
# given as a multiple of that. Files are in the page cache: this is not a start from a cold disk.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
write=no
case ${1:-} in
  '') ;;
  --write) write=yes ;;
  *) echo "usage: benches/footprint.sh [--write]" >&2; exit 2 ;;
esac
runs=${RUNS:-10} idle_s=${IDLE_S:-10}

bin=${HEARBACK_BIN:-}
if [ -z "$bin" ]; then
  cargo build --release --locked >&2
  bin=${CARGO_TARGET_DIR:-target}/release/hearback
fi
bin=$(realpath "$bin")

tmp=$(mktemp -d)
pid=
stop() {
  if [ -n "$pid" ]; then kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; pid=; fi
}
trap 'stop; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# A wait that starts no process: nothing is ever written here.
mkfifo "$tmp/never"
exec 9<>"$tmp/never"
nap() { read -r -t 0.002 -u 9 _ || true; }

port=
while :; do
  port=$((20000 + RANDOM % 12000))
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
done

healthy() {
  local line=
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  read -r -t 1 line <&3 || true
  exec 3>&-
  [[ $line == *" 200 "* ]]
}

# serve DIR : starts in DIR and sets took_us.
serve() {
  local began=${EPOCHREALTIME/./}
  (cd "$1" && exec env -i PATH="$PATH" HOME="$1" HEARBACK__SERVER__LISTEN="127.0.0.1:$port" "$bin" serve) >"$tmp/log" 2>&1 &
  pid=$!
  until healthy; do
    kill -0 "$pid" 2>/dev/null || { tail -20 "$tmp/log" >&2; echo "it ended before it answered" >&2; exit 1; }
    [ $((${EPOCHREALTIME/./} - began)) -lt 30000000 ] || { tail -20 "$tmp/log" >&2; echo "no answer within 30 s" >&2; exit 1; }
    nap
  done
  took_us=$((${EPOCHREALTIME/./} - began))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : int((v[NR / 2] + v[NR / 2 + 1]) / 2) }'; }

first=() again=() bare=()
for ((i = 0; i < runs; i++)); do
  began=${EPOCHREALTIME/./}
  (cd "$tmp" && exec env -i PATH="$PATH" HOME="$tmp" /bin/true) &
  wait $!
  bare+=("$((${EPOCHREALTIME/./} - began))")

  dir=$tmp/run$i
  mkdir "$dir"
  serve "$dir"; first+=("$took_us"); stop
  serve "$dir"; again+=("$took_us"); stop
done

mkdir "$tmp/idle"
serve "$tmp/idle"
sleep "$idle_s"
memory() { awk -v key="$1:" '$1 == key { printf "%.1f", $2 / 1024 }' "/proc/$pid/status"; }
rss=$(memory VmRSS) peak=$(memory VmHWM) threads=$(awk '/^Threads:/ { print $2 }' "/proc/$pid/status")
stop

first_us=$(printf '%s\n' "${first[@]}" | median)
again_us=$(printf '%s\n' "${again[@]}" | median)
bare_us=$(printf '%s\n' "${bare[@]}" | median)
ms() { awk -v us="$1" 'BEGIN { printf "%.1f ms", us / 1000 }'; }
times() { awk -v a="$1" -v b="$bare_us" 'BEGIN { printf "%.0fx", a / b }'; }

table=$(cat <<TABLE
$("$bin" --version 2>/dev/null || basename "$bin") on $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)

| what | value | against /bin/true |
|---|---|---|
| cold start to first 200, empty directory (median of $runs) | $(ms "$first_us") | $(times "$first_us") |
| start to first 200, existing database (median of $runs) | $(ms "$again_us") | $(times "$again_us") |
| /bin/true, started the same way (median of $runs) | $(ms "$bare_us") | 1x |
| memory after $idle_s s at rest (VmRSS) | $rss MiB | |
| memory at its highest (VmHWM) | $peak MiB | |
| threads | $threads | |
| binary | $(awk -v b="$(stat -c %s "$bin")" 'BEGIN { printf "%.1f MiB", b / 1048576 }') | |
TABLE
)
printf '%s\n' "$table"

if [ "$write" = yes ]; then
  for mark in '<!-- footprint:begin -->' '<!-- footprint:end -->'; do
    [ "$(grep -cxF -e "$mark" README.md)" = 1 ] || { echo "README.md must hold the line $mark once" >&2; exit 1; }
  done
  # In place of what lies between the marks; the file keeps its mode and its links.
  TABLE=$table awk '
    $0 == "<!-- footprint:end -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- footprint:begin -->" { inside = 1; print ENVIRON["TABLE"] }' README.md >"$tmp/README.md"
  cat "$tmp/README.md" >README.md
  echo "wrote the table into README.md" >&2
fi
