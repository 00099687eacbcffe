# What the scripts share; sourced, not run. `who` is the name under which a script speaks.

say() { printf '%s: %s\n' "$who" "$*"; }
fail() {
    printf '%s: %s\n' "$who" "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "sudo is missing; run this as root: $*"
    fi
}

# Installs Debian packages without what they only recommend. What apt-get says goes to standard output.
install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@"
}
