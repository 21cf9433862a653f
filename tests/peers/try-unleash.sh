#!/usr/bin/env bash
# Starts Unleash and walks a flag through what a rollout does to it: created, 10 %, on, 50 %, 100 %, a second strategy,
# off, archived, revived. Prints what arrives, what its event log says of the same, and what the flag is afterwards.
# With --keep it stays up until it is interrupted, for looking around with curl.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=postgres.sh
. "$PEERS/postgres.sh"
# shellcheck source=npm.sh
. "$PEERS/npm.sh"
# shellcheck source=unleash.sh
. "$PEERS/unleash.sh"
trap peers_down EXIT
trap 'exit 130' INT TERM
peers_up
start_postgres
pick_port hook
start_unleash "http://127.0.0.1:$hook/hooks/unleash" "$(openssl rand -hex 20)"
for fact in $HEARBACK_TEST_UNLEASH; do declare "${fact%%=*}=${fact#*=}"; done
AUTHORIZATION="Bearer $hook_token" start listener "$NODE" "$PEERS/listener.mjs" "$hook" ${1:+"$PEERS_TMP"}
await listener 10 grep -q listening "$PEERS_TMP/listener.log"

flag=new-checkout
flags=/api/admin/projects/default/features
production=$flags/$flag/environments/production
# ul METHOD PATH [JSON]
ul() {
  curl -sS --fail-with-body --max-time 10 -X "$1" -H "Authorization: $admin_token" -H 'Content-Type: application/json' ${3:+-d "$3"} "$url$2"
}
# saw PATTERN : a line of the listener, within 5 s. Unleash looks for what is new once a second.
saw() {
  for _ in $(seq 50); do grep -E "$1 .*authorization=good" "$PEERS_TMP/listener.log" | tail -1 | grep . && return; sleep 0.1; done
  cat "$PEERS_TMP/listener.log" >&2
  die "no delivery matched: $1"
}
rollout() { jq -nc --arg r "$1" '{name: "flexibleRollout", parameters: {rollout: $r, stickiness: "default", groupId: "new-checkout"}}'; }
state() { ul GET "$flags/$flag" | jq -c '.environments[] | select(.name == "production") | {enabled, strategies: [.strategies[] | {rollout: .parameters.rollout, disabled}]}'; }

ul POST "$flags" '{"name":"new-checkout","type":"release"}' >/dev/null
saw event=feature-created
id=$(ul POST "$production/strategies" "$(rollout 10)" | jq -r .id)
saw event=feature-strategy-add
ul POST "$production/on" >/dev/null
saw event=feature-environment-enabled
ul PUT "$production/strategies/$id" "$(rollout 50)" >/dev/null
saw event=feature-strategy-update
ul PUT "$production/strategies/$id" "$(rollout 100)" >/dev/null
second=$(ul POST "$production/strategies" "$(rollout 25)" | jq -r .id)
state
ul DELETE "$production/strategies/$second" >/dev/null
saw event=feature-strategy-remove
ul POST "$production/off" >/dev/null
saw event=feature-environment-disabled
ul POST "$production/on" >/dev/null
ul DELETE "$flags/$flag" >/dev/null
saw event=feature-archived
ul POST "/api/admin/archive/revive/$flag" >/dev/null
saw event=feature-revived
state
ul GET "/api/admin/search/events?feature=IS:$flag&limit=100" | jq -r '.events | sort_by(.id)[] | "\(.id) \(.createdAt) \(.type) \(.preData.parameters.rollout // "-") -> \(.data.parameters.rollout // "-")"'
echo "all of it worked"
if [ "${1:-}" = --keep ]; then
  echo "$HEARBACK_TEST_UNLEASH"
  echo "deliveries and logs: $PEERS_TMP"
  wait
fi
