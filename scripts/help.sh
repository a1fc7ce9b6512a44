# Prints the comment at the top of the script that sources this, and ends the script, if it was called with -h or --help.
# shellcheck shell=bash
case "${1:-}" in
-h | --help)
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
