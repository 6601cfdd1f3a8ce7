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
  layout | affected | plan | run | 'policy run' | gate | publish | runs) ;;
  *) usage "the input \`command\` is $(printf %q "$command"); known are run, plan, affected, layout, policy run, gate, publish and runs" ;;
esac
case $GITOPS_CI_FAIL_ON in
  blocked | undecided | never) ;;
  *) usage "the input \`fail-on\` is $(printf %q "$GITOPS_CI_FAIL_ON"); expected blocked, undecided or never" ;;
esac

place=("--repo=$GITHUB_WORKSPACE")
[ -z "$GITOPS_CI_CONFIG" ] || place+=("--config=$GITOPS_CI_CONFIG")
read -ra words <<<"$command"
arguments=("${place[@]}" "${words[@]}")

# lines TEXT: its lines that are not blank, without the spaces around them, in `found`.
lines() {
  local line
  found=()
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || found+=("$line")
  done <<<"$1"
}

# option NAME VALUES: one `--NAME=VALUE` for each line; `=` keeps a value from being read as an option.
option() {
  lines "$2"
  for line in "${found[@]+"${found[@]}"}"; do arguments+=("--$1=$line"); done
}

report=
published=
case $command in
  plan | run | gate | publish | 'policy run')
    report=${GITOPS_CI_OUT:-$work/report}
    [[ $report == /* ]] || report=$GITHUB_WORKSPACE/$report
    arguments+=("--out=$report")
    ;;
esac

# What the gate and publish are both told: how the jobs before ended, and which pull request it is.
asked() {
  [ -z "$GITOPS_CI_NEEDS" ] || arguments+=("--needs=$GITOPS_CI_NEEDS")
  option pull-request "$GITOPS_CI_PULL_REQUEST"
}

publishing=()
reports=()
if [ "$command" = gate ] || [ "$command" = publish ]; then
  asked
  published=yes
  lines "$GITOPS_CI_REPORTS"
  for directory in "${found[@]+"${found[@]}"}"; do
    [[ $directory == /* ]] || directory=$GITHUB_WORKSPACE/$directory
    # After a fork's run gitops-ci itself looks at what is there, within limits.
    if [ "${GITHUB_EVENT_NAME:-}" = workflow_run ]; then
      reports+=("$directory")
      continue
    fi
    while IFS= read -r -d '' file; do reports+=("$file"); done < <(find "$directory" -name report.json -type f -print0 2>/dev/null | sort -z)
  done
  gating=("${arguments[@]}" "${reports[@]+"${reports[@]}"}")
  arguments=("${place[@]}" publish "--out=$report")
  asked
  case $GITOPS_CI_COMMENT in
    '') ;; # as gitops-ci.yml says
    update | new | none) arguments+=("--comment=$GITOPS_CI_COMMENT") ;;
    *) usage "the input \`comment\` is $(printf %q "$GITOPS_CI_COMMENT"); expected update, new or none" ;;
  esac
  [ -z "$GITOPS_CI_REPORT_URL" ] || arguments+=("--report-url=$GITOPS_CI_REPORT_URL")
  [ "${GITOPS_CI_PENDING:-}" != true ] || arguments+=(--pending)
  option run "$GITOPS_CI_RUN"
  publishing=("${arguments[@]}")
elif [ "$command" = runs ]; then
  option pull-request "$GITOPS_CI_PULL_REQUEST"
  option workflow "$GITOPS_CI_WORKFLOW"
else
  first=${#arguments[@]}
  option base "$GITOPS_CI_BASE"
  option head "$GITOPS_CI_HEAD"
  ends=("${arguments[@]:first}")
  option environment "$GITOPS_CI_ENVIRONMENT"
  option stack "$GITOPS_CI_STACK"
  option shard "$GITOPS_CI_SHARD"
  [ "$GITOPS_CI_ALL" != true ] || arguments+=(--all)
fi

# checkov is large and has an environment of its own: it is installed where the configuration that decides asks for it.
# Where that fails the run says what is missing.
needs() { "$python" -I -m gitops_ci "${place[@]}" policy needs ${ends[@]+"${ends[@]}"} 2>needs.txt; }
case $command:${GITHUB_EVENT_NAME:-} in
  plan:* | run:* | 'policy run':* | publish:workflow_run)
    [ "$(needs)" != checkov ] || "$python" -I "$GITHUB_ACTION_PATH/requirements/install.py" "$RUNNER_TEMP/gitops-ci-venv" checkov || true
    ;;
esac

[ -z "$report" ] || rm -f -- "$report/annotations.txt" "$report/published.json"
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

# gitops_ci_quickly …: what it says on stderr is kept as well, for the summary of a command that fails.
gitops_ci_quickly() {
  gitops_ci "$@" 2>said.txt
  cat said.txt >&2
}

code=0
echo "::stop-commands::$token"
case $command in
  affected)
    gitops_ci_quickly affected.json "${arguments[@]}" --format=json
    cat affected.json
    [ "$code" -ne 0 ] || gitops_ci_quickly matrix.json "${arguments[@]}" --format=matrix
    ;;
  runs)
    gitops_ci_quickly runs.json "${arguments[@]}" --format=json
    cat runs.json
    ;;
  layout)
    gitops_ci layout.txt "${arguments[@]}"
    cat layout.txt
    ;;
  gate)
    gitops_ci - "${gating[@]}"
    judged=$code
    if [ "$report/report.json" -nt "$work/begun" ]; then
      gitops_ci - "${publishing[@]}" "$report/report.json"
    elif [ "$judged" -ne 0 ]; then # it died: what the jobs claim of themselves is no verdict
      gitops_ci - "${publishing[@]}" '--needs={"gate": {"result": "failure"}}'
    fi
    [ "$code" -ne 0 ] || code=$judged
    ;;
  publish) gitops_ci - "${publishing[@]}" "${reports[@]+"${reports[@]}"}" ;;
  *) gitops_ci - "${arguments[@]}" ;;
esac
[ "$report/report.json" -nt "$work/begun" ] || report=
summary=$GITHUB_STEP_SUMMARY
told_as=$command
[ -z "$published" ] || told_as=publish
case $command:$code in
  affected:0 | runs:0) ;;
  affected:* | runs:*) # "nothing is affected" is the opposite of what is known
    summary=/dev/null
    "$python" -I -c '
import sys
from pathlib import Path
from gitops_ci.render import failure
told = failure.of(sys.argv[1], Path("said.txt").read_bytes())
for path, text in zip((sys.argv[2], "error.txt"), told):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)' "$command" "$GITHUB_STEP_SUMMARY"
    ;;
esac
"$python" -I -c 'import sys; from gitops_ci.github import outputs; outputs.write(*sys.argv[1:])' \
  "$told_as" "$code" "$work" "$report" "$GITHUB_OUTPUT" "$summary"
echo "::$token::"
[ ! -f error.txt ] || cat error.txt # escaped, too
# Where the check run could not be written its annotations are workflow commands: gitops-ci has escaped them.
[ -z "$published" ] || [ ! -f "$report/annotations.txt" ] || cat "$report/annotations.txt"

case "$code:$GITOPS_CI_FAIL_ON" in
  1:never | 3:never | 3:blocked)
    echo "gitops-ci ended with $code; \`fail-on: $GITOPS_CI_FAIL_ON\` lets the step succeed"
    exit 0
    ;;
esac
exit "$code"
