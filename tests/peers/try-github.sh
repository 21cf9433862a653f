#!/usr/bin/env bash
# Starts the GitHub emulator and walks the way that hearback goes: App sign-in, a release by a person, its signed
# delivery, an issue filed by the App, edited, commented, closed by a person. Prints what it sees. With --keep it
# stays up until it is interrupted, for looking around with curl.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=npm.sh
. "$PEERS/npm.sh"
# shellcheck source=github.sh
. "$PEERS/github.sh"
trap peers_down EXIT
trap 'exit 130' INT TERM
peers_up
pick_port hook
start_github "http://127.0.0.1:$hook/hooks/github"
for fact in $HEARBACK_TEST_GITHUB_EMULATOR; do declare "${fact%%=*}=${fact#*=}"; done
SECRET=$webhook_secret start listener "$NODE" "$PEERS/listener.mjs" "$hook" ${1:+"$PEERS_TMP"}
await listener 10 curl -sS --max-time 2 "http://127.0.0.1:$hook/"

bot=$(installation_token "$api" "$key" "$app_id" "$installation")
# gh TOKEN METHOD PATH [JSON]
gh() {
  curl -fsS --max-time 10 -X "$2" -H "Authorization: Bearer $1" -H 'Accept: application/vnd.github+json' \
    -H 'Content-Type: application/json' ${4:+-d "$4"} "$api$3"
}
# saw PATTERN : a line of the listener, within 5 s.
saw() {
  for _ in $(seq 50); do grep -E "$1" "$PEERS_TMP/listener.log" && return; sleep 0.1; done
  cat "$PEERS_TMP/listener.log" >&2
  die "no delivery matched: $1"
}

gh "$admin_token" POST "/repos/$repo/releases" '{"tag_name":"v1.0.0","name":"v1.0.0","body":"behind `new-checkout`"}' | jq -c '{tag_name,draft,author:.author.login}'
saw 'event=release action=published .*signature=good'
number=$(gh "$bot" POST "/repos/$repo/issues" '{"title":"Checkout fails","body":"<!-- hearback:begin -->x<!-- hearback:end -->","labels":["hearback"]}' | jq -r .number)
saw 'event=issues action=opened .*signature=good'
gh "$bot" GET "/repos/$repo/issues/$number" | jq -c '{number,user:.user.login,type:.user.type,labels:[.labels[].name],performed_via_github_app}'
gh "$bot" PATCH "/repos/$repo/issues/$number" '{"body":"edited"}' | jq -c '{number,body}'
gh "$bot" POST "/repos/$repo/issues/$number/comments" '{"body":"a quote"}' | jq -c '{id,user:.user.login}'
gh "$writer_token" PATCH "/repos/$repo/issues/$number" '{"state":"closed","state_reason":"completed"}' | jq -c '{number,state,state_reason}'
saw 'event=issues action=closed .*signature=good'
gh "$bot" GET "/repos/$repo/issues?state=all&creator=hearback%5Bbot%5D" | jq -c 'map({number,state})'
echo "all of it worked"
if [ "${1:-}" = --keep ]; then
  echo "$HEARBACK_TEST_GITHUB_EMULATOR"
  echo "deliveries and logs: $PEERS_TMP"
  wait
fi
