# SPDX-License-Identifier: Apache-2.0
# What fairlead does on a host: POSIX sh, nothing is installed there. This text is sent with every call, followed by calls of its functions.
# Answers begin with a line "fairlead …". Everything is kept below $FL.
set -u
umask 022
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ -n "${FAIRLEAD_HOME:-}" ]; then FL=$FAIRLEAD_HOME
elif [ "$(id -u)" = 0 ]; then FL=/var/lib/fairlead
else FL=${HOME:?}/.fairlead
fi
fl_say() { printf 'fairlead %s\n' "$*"; }
fl_fail() { printf '%s\n' "$*" >&2; exit 1; }

# fl_start KEY SECONDS: runs the script on stdin, detached, once for this key: however often it is asked for, over whichever connection.
# A lock is held as long as it runs; `started` is its first act, `rc` its last: without a lock, `started` without `rc` was killed.
fl_start() {
  fl_run=$FL/runs/$1
  (umask 077 && mkdir -p "$fl_run") || { cat >/dev/null; fl_fail "cannot write to $FL: $(df -k "$FL" 2>/dev/null | tail -n 1)"; }
  exec 8>>"$fl_run/lock"
  if ! flock -n 8; then cat >/dev/null; fl_say running; return; fi
  if [ -e "$fl_run/rc" ] || [ -e "$fl_run/started" ]; then cat >/dev/null; exec 8>&-; fl_query "$1" 0 0; return; fi
  # The reserve is given back at the end: what became of it is recorded also when the script fills the disk.
  { cat >"$fl_run/body.part" && mv "$fl_run/body.part" "$fl_run/body" && : >"$fl_run/log" && head -c 16384 /dev/zero >"$fl_run/reserve"; } ||
    fl_fail "cannot write to $fl_run: $(df -k "$FL" 2>/dev/null | tail -n 1)"
  cat >"$fl_run/runner" <<'RUNNER'
exec 9>>"$FL/lock"
flock 9
cd / && : >"$fl_run/started"
if [ -e "$fl_run/stopped" ]; then
  echo "fairlead: given up before it began" >>"$fl_run/log"
  fl_rc=143
else
  setsid timeout -k 15 "$fl_limit" sh "$fl_run/body" >>"$fl_run/log" 2>&1 </dev/null 8>&- 9>&- &
  fl_pid=$!
  echo "$fl_pid" >"$fl_run/pid"
  [ ! -e "$fl_run/stopped" ] || kill -TERM "-$fl_pid" 2>/dev/null
  wait "$fl_pid"
  fl_rc=$?
  # Of what was ended nothing is left: a timeout such as busybox' ends the script alone.
  case $fl_rc in 124 | 137 | 143) kill -KILL "-$fl_pid" 2>/dev/null ;; esac
  [ "$fl_rc" != 143 ] || [ -e "$fl_run/stopped" ] || fl_rc=124
fi
[ "$fl_rc" != 124 ] || echo "fairlead: not done after $fl_limit seconds: ended" >>"$fl_run/log"
rm -f "$fl_run/body" "$fl_run/reserve" "$fl_run/pid"
fl_free=$(df -kP "$fl_run" | awk 'NR == 2 { print $4 }')
[ "$fl_rc" = 0 ] || [ "${fl_free:-1024}" -ge 1024 ] || echo "fairlead: No space left on device: $(df -kP "$fl_run" | tail -n 1)" >>"$fl_run/log"
echo "$fl_rc" >"$fl_run/rc.part" && sync && mv "$fl_run/rc.part" "$fl_run/rc"
RUNNER
  FL=$FL fl_run=$fl_run fl_limit=$2 setsid sh "$fl_run/runner" </dev/null >/dev/null 2>&1 &
  exec 8>&-
  fl_say running
}

# fl_query KEY OFFSET MOST: "fairlead none|running|ended RC|broken SIZE", then at most MOST bytes of its log from OFFSET.
fl_query() {
  fl_run=$FL/runs/$1
  if [ -e "$fl_run/rc" ]; then fl_state="ended $(cat "$fl_run/rc")"
  elif [ ! -e "$fl_run/lock" ]; then fl_state="none -"
  else
    exec 8>>"$fl_run/lock"
    if ! flock -n 8; then fl_state="running -"
    elif [ -e "$fl_run/rc" ]; then fl_state="ended $(cat "$fl_run/rc")"
    elif [ -e "$fl_run/started" ]; then
      fl_state="broken -"
      rm -f "$fl_run/body" "$fl_run/reserve" "$fl_run/pid"
    else fl_state="none -"
    fi
    exec 8>&-
  fi
  fl_size=$({ wc -c <"$fl_run/log"; } 2>/dev/null || echo 0)
  fl_say "$fl_state $((fl_size))"
  [ "$3" = 0 ] || tail -c +"$(($2 + 1))" "$fl_run/log" 2>/dev/null | head -c "$3"
}

# fl_wait KEY OFFSET MOST SECONDS: the same, as soon as it has ended or something new is in the log, at the latest after SECONDS.
fl_wait() {
  fl_run=$FL/runs/$1
  fl_until=$(($(date +%s) + $4))
  while [ -e "$fl_run/lock" ] && [ ! -e "$fl_run/rc" ] && [ "$(date +%s)" -lt "$fl_until" ]; do
    [ $(($({ wc -c <"$fl_run/log"; } 2>/dev/null || echo 0))) -le "$2" ] || break
    if flock -n "$fl_run/lock" true; then break; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
  fl_query "$1" "$2" "$3"
}

# fl_stop KEY: ends what runs under the key, and what it started; what has not begun yet never does.
fl_stop() {
  fl_run=$FL/runs/$1
  (umask 077 && mkdir -p "$fl_run") && : >"$fl_run/stopped"
  # As long as the lock is held, the one who holds it waits for that process: the number is nobody else's.
  if [ -e "$fl_run/lock" ] && [ -s "$fl_run/pid" ] && ! flock -n "$fl_run/lock" true; then kill -TERM "-$(cat "$fl_run/pid")" 2>/dev/null; fi
  fl_query "$1" 0 0
}

# fl_host APP WANTED: "fairlead host RELEASE PREVIOUS FREE_KB HAS TRIED MISSING_TOOLS": HAS is "yes" when the release WANTED is here; TRIED is
# the one to which it is being switched, or with which that failed.
fl_host() {
  fl_missing=
  for fl_tool in flock setsid timeout tar gzip sha256sum; do command -v "$fl_tool" >/dev/null || fl_missing="$fl_missing,$fl_tool"; done
  mkdir -p "$FL/runs" "$FL/apps/$1" || fl_fail "cannot write to $FL"
  fl_free=$(df -kP "$FL" | awk 'NR == 2 { print $4 }')
  fl_has=no
  [ ! -d "$FL/apps/$1/releases/$2" ] || [ ! -e "$FL/apps/$1/releases/$2.scripts/activate" ] || fl_has=yes
  fl_say "host $(fl_release "$1") $(cat "$FL/apps/$1/previous" 2>/dev/null || echo -) ${fl_free:-0} $fl_has" \
    "$(cat "$FL/apps/$1/tried" 2>/dev/null || echo -) ${fl_missing#,}"
}

# fl_release APP: the release that is active, "-" when there is none of ours.
fl_release() { cat "$FL/apps/$1/release" 2>/dev/null || echo -; }

# fl_part APP RELEASE SUM: "fairlead part BYTES" of an upload of the bundle SUM that was begun, "fairlead part done" when the release is there.
fl_part() {
  fl_releases=$FL/apps/$1/releases
  mkdir -p "$fl_releases" || fl_fail "cannot write to $fl_releases"
  if [ -d "$fl_releases/$2" ]; then fl_say part done
  else fl_say part $(($({ wc -c <"$fl_releases/$3.tgz.part"; } 2>/dev/null || echo 0)))
  fi
}

# fl_unpack APP RELEASE SUM: checks the upload and makes the release of it, by rename.
fl_unpack() {
  fl_releases=$FL/apps/$1/releases
  # A command that was sent twice, or the one of a server that has died, may still be at it.
  exec 7>>"$FL/apps/$1/unpack.lock" && flock 7 || fl_fail "cannot write to $FL/apps/$1: $(df -kP "$FL" | tail -n 1)"
  [ ! -d "$fl_releases/$2" ] || { exec 7>&-; fl_say unpacked; return; }
  fl_sum=$(sha256sum <"$fl_releases/$3.tgz.part" | cut -d ' ' -f 1)
  if [ "$fl_sum" != "$3" ]; then
    rm -f "$fl_releases/$3.tgz.part"
    fl_fail "what arrived has SHA-256 $fl_sum, not $3: it was thrown away"
  fi
  rm -rf "$fl_releases/$2.tmp" && mkdir "$fl_releases/$2.tmp" && tar -xzf "$fl_releases/$3.tgz.part" -C "$fl_releases/$2.tmp" &&
    mv -T "$fl_releases/$2.tmp" "$fl_releases/$2" || {
    fl_full=$(df -kP "$FL" | tail -n 1)
    rm -rf "$fl_releases/$2.tmp" "$fl_releases/$3.tgz.part"
    fl_fail "the release could not be unpacked in $fl_releases: $fl_full"
  }
  rm -f "$fl_releases/$3.tgz.part"
  exec 7>&-
  fl_say unpacked
}

# fl_script APP RELEASE NAME: keeps stdin as a script of the release.
fl_script() {
  fl_scripts=$FL/apps/$1/releases/$2.scripts
  (umask 077 && mkdir -p "$fl_scripts") && cat >"$fl_scripts/.$3.$$" && mv "$fl_scripts/.$3.$$" "$fl_scripts/$3" ||
    fl_fail "cannot write to $fl_scripts: $(df -kP "$FL" | tail -n 1)"
  fl_say kept
}

# fl_prune APP KEEP: forgets old releases and runs, never the active one, the one before, nor the one that was tried last.
fl_prune() {
  fl_active=$(fl_release "$1")
  fl_before=$(cat "$FL/apps/$1/previous" 2>/dev/null || echo -)
  fl_tried=$(cat "$FL/apps/$1/tried" 2>/dev/null || echo -)
  fl_count=0
  for fl_one in $(ls -1t "$FL/apps/$1/releases" 2>/dev/null); do
    case $fl_one in *.scripts) continue ;; "$fl_active" | "$fl_before" | "$fl_tried") continue ;; esac
    fl_count=$((fl_count + 1))
    [ "$fl_count" -lt "$2" ] || rm -rf "$FL/apps/$1/releases/${fl_one:?}" "$FL/apps/$1/releases/$fl_one.scripts"
  done
  find "$FL/runs" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} + 2>/dev/null
  fl_say pruned
}

# fl_connections PORTS LOOKS SECONDS: "fairlead connections N LOOKS": established ones of local ports ("80,8080"), as soon as there was none
# in LOOKS looks a second apart, at the latest after SECONDS; N is of the last look, LOOKS how many in a row found none.
fl_connections() {
  fl_hex=
  for fl_port in $(echo "$1" | tr , ' '); do fl_hex="$fl_hex$(printf ':%04X ' "$fl_port")"; done
  fl_quiet=0
  fl_until=$(($(date +%s) + $3))
  while :; do
    fl_open=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
      awk -v ports="$fl_hex" '$4 == "01" && index(ports, substr($2, length($2) - 4) " ") { n++ } END { print n + 0 }')
    if [ "$fl_open" = 0 ]; then fl_quiet=$((fl_quiet + 1)); else fl_quiet=0; fi
    [ "$fl_quiet" -lt "$2" ] && [ "$(date +%s)" -lt "$fl_until" ] || break
    sleep 1
  done
  fl_say connections "$fl_open" "$fl_quiet"
}

# fl_activate APP RELEASE: runs the release's own script. What was active before is kept for the way back, by the key of this run.
fl_activate() {
  fl_app=$FL/apps/$1
  fl_script=$fl_app/releases/$2.scripts/activate
  [ -d "$fl_app/releases/$2" ] || fl_fail "release $2 is not on this host"
  [ -s "$fl_run/before" ] || { fl_release "$1" >"$fl_run/before.part" && mv "$fl_run/before.part" "$fl_run/before"; } || fl_unwritten
  fl_old=$(fl_release "$1")
  [ "$fl_old" = - ] || [ "$fl_old" = "$2" ] || { echo "$fl_old" >"$fl_app/previous.part" && mv "$fl_app/previous.part" "$fl_app/previous"; } || fl_unwritten
  # Nothing is active after a release that failed: what it has started is its own to stop, as well as it can.
  fl_failed=
  if [ "$fl_old" = - ] && [ -e "$fl_app/tried" ]; then fl_old=$(cat "$fl_app/tried") fl_failed=1; fi
  # From here on the host is on its way: whoever asks is told so, not the release before.
  echo "$2" >"$fl_app/tried.part" && mv "$fl_app/tried.part" "$fl_app/tried" || fl_unwritten
  rm -f "$fl_app/release"
  FL_APP=$fl_app FL_RELEASE=$2 FL_FOLDER=$fl_app/releases/$2 FL_OLD=$fl_old FL_OLD_FAILED=$fl_failed sh "$fl_script" || return $?
  echo "$2" >"$fl_app/release.part" && mv "$fl_app/release.part" "$fl_app/release" && rm -f "$fl_app/tried"
}

# Nothing is changed of which no note can be taken.
fl_unwritten() { fl_fail "nothing was changed: cannot write to $FL: $(df -kP "$FL" | tail -n 1)"; }

# fl_back APP KEY: activates what was active before the run of that key. Ends with 42 when there was nothing.
fl_back() {
  # That run may still be on its way (Run Command delivers late) or wait for its turn: it must not come after this one.
  (umask 077 && mkdir -p "$FL/runs/$2") && : >"$FL/runs/$2/stopped"
  fl_before=$(cat "$FL/runs/$2/before" 2>/dev/null || fl_release "$1")
  if [ "$fl_before" != - ] && [ "$(fl_release "$1")" = "$fl_before" ]; then
    echo "release $fl_before is active: nothing was changed"
    return 0
  fi
  if [ "$fl_before" = - ] || [ ! -d "$FL/apps/$1/releases/$fl_before" ]; then
    echo "there was no release of fairlead on this host before"
    exit 42
  fi
  fl_activate "$1" "$fl_before"
}

# fl_point FOLDER: makes FOLDER/current a link to the release, by rename.
fl_point() {
  [ ! -d "$1/current" ] || [ -L "$1/current" ] || fl_fail "$1/current is a folder of somebody else's: move it away, once"
  mkdir -p "$1" && ln -sfn "$FL_FOLDER" "$1/.current.$$" && mv -T "$1/.current.$$" "$1/current" || fl_fail "cannot point $1/current to $FL_FOLDER"
}

# fl_probe URL TIMES SECONDS: until it answered with 2xx that often in a row.
fl_probe() {
  fl_good=0
  fl_end=$(($(date +%s) + $3))
  while [ "$fl_good" -lt "$2" ]; do
    if fl_why=$(fl_get "$1" 2>&1); then fl_good=$((fl_good + 1)); else fl_good=0; fi
    [ "$fl_good" -lt "$2" ] || break
    [ "$(date +%s)" -lt "$fl_end" ] || fl_fail "$1 was not good $2 times in a row within $3 seconds; last: $fl_why"
    sleep 1
  done
  echo "$1 is good"
}
fl_get() {
  if command -v curl >/dev/null; then curl -fsS -o /dev/null --max-time 5 "$1"
  elif command -v wget >/dev/null; then wget -q -O /dev/null -T 5 "$1"
  else echo "neither curl nor wget is on this host"; return 1
  fi
}

# fl_good URL: asks once.
fl_good() {
  fl_why=$(fl_get "$1" 2>&1) || fl_fail "$1 is not good any more: $fl_why"
}

# fl_hook LOCATION: makes a script of the bundle ready to run, from the bundle's folder.
fl_hook() {
  [ -f "$FL_FOLDER/$1" ] || fl_fail "$LIFECYCLE_EVENT: there is no $1 in the bundle"
  [ -x "$FL_FOLDER/$1" ] || chmod +x "$FL_FOLDER/$1" || fl_fail "$LIFECYCLE_EVENT: $1 cannot be made executable"
  cd "$FL_FOLDER" && echo "-- $1"
}
# fl_hook_time SECONDS: how long a script may take. One of the release before that may fail must leave time to go on.
fl_hook_time() {
  fl_most=$((${fl_limit:-10800} / 3))
  if [ -n "${FL_BEFORE:-}" ] && [ -n "${FL_STOP_MAY_FAIL:-}${FL_OLD_FAILED:-}" ] && [ "$1" -gt "$fl_most" ]; then echo "$fl_most"; else echo "$1"; fi
}
# fl_hook_ended LOCATION RC SECONDS: ends the activation when the script failed.
fl_hook_ended() {
  [ "$2" != 124 ] || fl_fail "$LIFECYCLE_EVENT: $1 was not done after $3 seconds and was ended"
  [ "$2" = 0 ] || fl_fail "$LIFECYCLE_EVENT: $1 ended with $2"
}
# fl_old_script NAME: a script of the release that was active before, from its own folder.
fl_old_script() {
  fl_old_path=$FL_APP/releases/$FL_OLD.scripts/$1
  [ -f "$fl_old_path" ] || return 0
  FL_BEFORE=1 FL_FOLDER=$FL_APP/releases/$FL_OLD sh "$fl_old_path" && return
  if [ -n "${FL_OLD_FAILED:-}" ]; then echo "the release that failed does not stop itself: going on"; return 0; fi
  fl_may_fail || fl_fail "ApplicationStop of the release before failed; \`ignore-application-stop-failures: true\` goes on all the same"
}
# fl_may_fail: whether it goes on when the release before does not stop.
fl_may_fail() {
  [ -n "${FL_STOP_MAY_FAIL:-}" ] || return 1
  echo "ignore-application-stop-failures: going on"
}
# fl_traffic APP RELEASE NAME: a hook of a release around traffic, when it has one.
fl_traffic() {
  FL_APP=$FL/apps/$1
  [ -f "$FL_APP/releases/$2.scripts/$3" ] || return 0
  case $3 in block | blocked) FL_BEFORE=1 ;; *) FL_BEFORE= ;; esac
  FL_BEFORE=$FL_BEFORE FL_APP=$FL_APP FL_RELEASE=$2 FL_FOLDER=$FL_APP/releases/$2 FL_OLD=- sh "$FL_APP/releases/$2.scripts/$3" && return
  case $3 in block | blocked) fl_may_fail ;; *) return 1 ;; esac
}

# fl_pairs SOURCE DESTINATION: "path<TAB>target" of everything that a rule of `files` installs, folders first.
fl_pairs() {
  fl_from=$FL_FOLDER/${1#/}
  fl_from=${fl_from%/}
  if [ -d "$fl_from" ] && [ ! -L "$fl_from" ]; then
    printf '%s\t%s\n' "$fl_from" "${2%/}"
    (cd "$fl_from" && find . -mindepth 1 | sort) | while IFS= read -r fl_path; do printf '%s/%s\t%s/%s\n' "$fl_from" "${fl_path#./}" "${2%/}" "${fl_path#./}"; done
  else
    printf '%s\t%s/%s\n' "$fl_from" "${2%/}" "${fl_from##*/}"
  fi
}
# fl_install_check SOURCE DESTINATION BEHAVIOR: refuses what would overwrite a file that is not ours, before anything is changed.
fl_install_check() {
  [ "$3" = DISALLOW ] || return 0
  fl_clash=$(fl_pairs "$1" "$2" | while IFS="$(printf '\t')" read -r fl_path fl_target; do
    [ -d "$fl_path" ] && [ ! -L "$fl_path" ] && continue
    [ -e "$fl_target" ] || [ -L "$fl_target" ] || continue
    cat "$FL_APP/installed" "$FL_APP/installing" 2>/dev/null | grep -Fxq -- "$fl_target" || { echo "$fl_target"; break; }
  done)
  [ -z "$fl_clash" ] || fl_fail "Install: $fl_clash exists already and was not installed by fairlead; file_exists_behavior: OVERWRITE replaces it"
}
# fl_install_begin: removes what the release before installed, folders only when they are empty.
fl_install_begin() {
  # An earlier one was ended in the middle: what it put there is ours, too.
  if [ -s "$FL_APP/installing" ]; then
    { cat "$FL_APP/installed" 2>/dev/null; cat "$FL_APP/installing"; } >"$FL_APP/installed.part" && mv "$FL_APP/installed.part" "$FL_APP/installed" || return 1
  fi
  : >"$FL_APP/installing" || return 1
  [ -e "$FL_APP/installed" ] || return 0
  sort -r "$FL_APP/installed" | while IFS= read -r fl_path; do
    if [ -d "$fl_path" ] && [ ! -L "$fl_path" ]; then rmdir "$fl_path" 2>/dev/null; else rm -f "$fl_path"; fi
  done
  return 0
}
fl_install() {
  fl_pairs "$1" "$2" | while IFS="$(printf '\t')" read -r fl_path fl_target; do
    if [ -d "$fl_path" ] && [ ! -L "$fl_path" ]; then
      [ -d "$fl_target" ] || { mkdir -p "$fl_target" && echo "$fl_target" >>"$FL_APP/installing"; } || exit 1
      continue
    fi
    if [ -e "$fl_target" ] && [ "$3" = RETAIN ]; then continue; fi
    mkdir -p "${fl_target%/*}" && echo "$fl_target" >>"$FL_APP/installing" && rm -f "$fl_target" && cp -dp "$fl_path" "$fl_target" || exit 1
  done || fl_fail "Install: $1 could not be copied to $2: $(df -kP "$2" 2>/dev/null | tail -n 1)"
}
fl_install_end() { mv "$FL_APP/installing" "$FL_APP/installed"; }

# fl_permit mode|acl|context|owner OBJECT PATTERN TYPE EXCEPT…: sets $FL_VALUE on what was installed below OBJECT and matches.
fl_permit() {
  fl_what=$1 fl_object=${2%/} fl_pattern=$3 fl_type=$4
  shift 4
  while IFS= read -r fl_path; do
    case $fl_path in
      "$fl_object") fl_name=${fl_path##*/} ;;
      "$fl_object"/*) fl_name=${fl_path#"$fl_object"/} ;;
      *) continue ;;
    esac
    if [ "$fl_path" = "$fl_object" ] && [ -d "$fl_path" ]; then continue; fi
    if [ "$fl_pattern" != '**' ] && [ "$fl_path" != "$fl_object" ]; then
      case $fl_name in */*) continue ;; esac
      # shellcheck disable=SC2254
      case $fl_name in $fl_pattern) ;; *) continue ;; esac
    fi
    fl_skip=
    for fl_except; do
      # shellcheck disable=SC2254
      case ${fl_path##*/} in $fl_except) fl_skip=1 ;; esac
    done
    [ -z "$fl_skip" ] || continue
    [ "$fl_type" != file ] || [ ! -d "$fl_path" ] || continue
    [ "$fl_type" != directory ] || [ -d "$fl_path" ] || continue
    case $fl_what in
      mode) [ -L "$fl_path" ] || chmod "$FL_VALUE" "$fl_path" ;;
      owner) chown -h "$FL_VALUE" "$fl_path" ;;
      acl) setfacl -b "$fl_path" && setfacl -m "$FL_VALUE" "$fl_path" ;;
      context) chcon "$FL_VALUE" "$fl_path" ;;
    esac || fl_fail "permissions: $fl_what $FL_VALUE could not be set on $fl_path"
  done <"$FL_APP/installed"
}
