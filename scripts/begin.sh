# What every script begins with; it is sourced before the script goes to the root of the repository.
# shellcheck shell=bash

# -h or --help prints the comment at the top of the script, and ends it.
case "${1:-}" in
-h | --help)
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

# With it set, cd could go elsewhere.
unset CDPATH
# The scripts take programs from target/, whatever target directory a variable or ~/.cargo/config.toml names.
unset CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR
CARGO_TARGET_DIR=$(realpath -s "$(dirname "${BASH_SOURCE[0]}")/../target")
export CARGO_TARGET_DIR
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
