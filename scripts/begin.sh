# What every script begins with; it is sourced before the script goes to the root of the repository.
# shellcheck shell=bash

# -h or --help prints the comment at the top of the script, and ends it.
case "${1:-}" in
-h | --help)
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

# With the first one set, cd could go elsewhere; the scripts take programs from target/.
unset CDPATH CARGO_TARGET_DIR
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d : -f 6)}"

# What a script starts is in other folders: a relative path would not be found there.
if [ -n "${CATVNONCAT:-}" ]; then
    CATVNONCAT=$(realpath -ms "$CATVNONCAT")
    export CATVNONCAT
else
    unset CATVNONCAT
fi

# Finds the Rust that rustup has installed.
use_rust() {
    # shellcheck disable=SC1091
    if [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then . "${CARGO_HOME:-$HOME/.cargo}/env"; fi
}
