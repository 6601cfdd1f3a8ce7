#!/usr/bin/env bash
# The action's shell part: inputs become arguments, gitops-ci runs once, outputs and the job summary are written.
# Inputs come in as GITOPS_CI_* variables (action.yml) and are never evaluated. Exit codes: docs/action.md.
set -euo pipefail

# Where an engine cannot be kept from reading /proc it can read what this shell was started with: start again without.
if [ -z "${TOKENS_ARE_REMOVED:-}" ]; then
  exec env -u ACTIONS_ID_TOKEN_REQUEST_TOKEN -u ACTIONS_RUNTIME_TOKEN -u GITHUB_TOKEN -u GH_TOKEN \
    TOKENS_ARE_REMOVED=1 bash "${BASH_SOURCE[0]}"
fi

python=$RUNNER_TEMP/gitops-ci-venv/bin/python
work=$(mktemp -d "$RUNNER_TEMP/gitops-ci.XXXXXX")
cd "$work" # a neutral directory: nothing of the repository is imported or read as configuration by accident

usage() {
  printf 'gitops-ci: %s\n' "$1" >&2
  exit 2
}

command=$GITOPS_CI_COMMAND
case $command in
  layout | affected | plan | run) ;;
  *) usage "the input \`command\` is $(printf %q "$command"); this version of the action knows layout, affected, plan and run" ;;
esac
case $GITOPS_CI_FAIL_ON in
  blocked | undecided | never) ;;
  *) usage "the input \`fail-on\` is $(printf %q "$GITOPS_CI_FAIL_ON"); expected blocked, undecided or never" ;;
esac
case $GITOPS_CI_COMMENT in
  update | new | none) ;;
  *) usage "the input \`comment\` is $(printf %q "$GITOPS_CI_COMMENT"); expected update, new or none" ;;
esac
if [ "$GITOPS_CI_HAS_TOKEN" = true ]; then
  echo 'gitops-ci: the input github-token is not used yet: the report goes to the job summary and the output directory'
fi

place=("--repo=$GITHUB_WORKSPACE")
[ -z "$GITOPS_CI_CONFIG" ] || place+=("--config=$GITOPS_CI_CONFIG")
arguments=("${place[@]}" "$command")

# option NAME VALUES: one `--NAME=VALUE` for each line that is not blank; `=` keeps a value from being read as an option.
option() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || arguments+=("--$1=$line")
  done <<<"$2"
}
option base "$GITOPS_CI_BASE"
option head "$GITOPS_CI_HEAD"
ends=("${arguments[@]:${#place[@]}+1}")
option environment "$GITOPS_CI_ENVIRONMENT"
option stack "$GITOPS_CI_STACK"
option shard "$GITOPS_CI_SHARD"

report=
case $command in
  plan | run)
    report=${GITOPS_CI_OUT:-$work/report}
    [[ $report == /* ]] || report=$GITHUB_WORKSPACE/$report
    arguments+=("--out=$report")
    ;;
esac

# checkov is large and has an environment of its own: it is installed where the configuration that decides asks for it.
# Where that fails the run says what is missing.
needs() { "$python" -I -m gitops_ci "${place[@]}" policy needs ${ends[@]+"${ends[@]}"} 2>needs.txt; }
if [ -n "$report" ] && [ "$(needs)" = checkov ]; then
  "$python" -I "$GITHUB_ACTION_PATH/requirements/install.py" "$RUNNER_TEMP/gitops-ci-venv" checkov || true
fi

touch "$work/begun" # a report that was there before, committed by the pull request perhaps, is not this run's

# What is printed comes from the repository: between these two lines the runner takes no command from it.
token=$("$python" -I -c 'import secrets; print(secrets.token_hex(16))')
child=

# gitops_ci STDOUT ARGUMENTS…: runs it so that a cancelled job ends its engines, too; sets `code`.
gitops_ci() {
  local stdout=$1
  shift
  if [ "$stdout" = - ]; then "$python" -I -m gitops_ci "$@" & else "$python" -I -m gitops_ci "$@" >"$stdout" & fi
  child=$!
  while :; do
    code=0
    wait "$child" || code=$?
    kill -0 "$child" 2>/dev/null || break # a signal ends `wait`, not the child
  done
}
trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true' INT TERM

code=0
echo "::stop-commands::$token"
case $command in
  affected)
    gitops_ci affected.json "${arguments[@]}" --format=json
    cat affected.json
    [ "$code" -ne 0 ] || gitops_ci matrix.json "${arguments[@]}" --format=matrix
    ;;
  layout)
    gitops_ci layout.txt "${arguments[@]}"
    cat layout.txt
    ;;
  *) gitops_ci - "${arguments[@]}" ;;
esac
[ "$report/report.json" -nt "$work/begun" ] || report=
"$python" -I -c 'import sys; from gitops_ci.github import outputs; outputs.write(*sys.argv[1:])' \
  "$command" "$code" "$work" "$report" "$GITHUB_OUTPUT" "$GITHUB_STEP_SUMMARY"
echo "::$token::"

case "$code:$GITOPS_CI_FAIL_ON" in
  1:never | 3:never | 3:blocked)
    echo "gitops-ci ended with $code; \`fail-on: $GITOPS_CI_FAIL_ON\` lets the step succeed"
    exit 0
    ;;
esac
exit "$code"
