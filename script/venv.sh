# Sourced by script/server and script/test: finds a Python, makes .venv, installs a list of
# requirements when it has changed. Sets `python` to the environment's interpreter. A Python that
# `preferred` names is tried first.

stop() { # what the person can do, and exit code 2
  printf '%s\n' "$@" >&2
  exit 2
}

modern() { # is this a Python that runs, 3.11 or newer?
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in ${preferred:-} python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.14; do
    if modern "$candidate"; then
      system_python=$(command -v "$candidate")
      return
    fi
  done
  stop "Musubi needs Python 3.11 or newer as python3 (found: $(python3 --version 2>&1 || true))."
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null && as_root true 2>/dev/null
}

apt_install() {
  as_root apt-get -o Acquire::Retries=3 update -qq >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -qq -y --no-install-recommends "$@" >&2
}

ensure_venv_module() { # Debian keeps `python3 -m venv` in a package of its own
  "$system_python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
  local package
  package=$("$system_python" -c 'import os, sys
plain = os.path.realpath("/usr/bin/python3") == os.path.realpath(sys.executable)
print("python3-venv" if plain else "python%d.%d-venv" % sys.version_info[:2])')
  if may_install && apt_install "$package"; then
    "$system_python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
  fi
  stop "Python's venv module is missing. Install it, then start again:" \
    "    sudo apt-get install $package"
}

ensure_venv() {
  python=$PWD/.venv/bin/python
  if modern "$python" && "$python" -m pip --version >/dev/null 2>&1; then return; fi
  find_python
  ensure_venv_module
  rm -rf .venv
  echo "Making .venv with $("$system_python" --version)" >&2
  if ! "$system_python" -m venv .venv; then
    rm -rf .venv
    stop "$system_python -m venv .venv failed (see above)."
  fi
}

install_by_pip() {
  "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore "$@"
}

UV=uv==0.13.9 # takes seconds where pip takes a minute; where there is none, pip does it

install_quickly() { # from where pip would take it
  install_by_pip "$UV" >/dev/null 2>&1 || return
  local index=${PIP_INDEX_URL:-}
  [ -n "$index" ] || index=$("$python" -m pip config get global.index-url 2>/dev/null) || true
  env UV_HTTP_TIMEOUT=15 ${index:+"UV_DEFAULT_INDEX=$index"} \
    "$python" -m uv pip install --quiet --python "$python" -r "$1" 2>/dev/null
}

install_requirements() { # $1: the list; its hash is kept beside what it installed
  local mark=".venv/$1.sha256" now
  now=$("$python" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1")
  if [ -f "$mark" ] && [ "$(cat "$mark")" = "$now" ]; then return; fi
  echo "Installing $1" >&2
  install_quickly "$1" || install_by_pip -r "$1" >&2 || stop "Installing $1 failed (see above)."
  printf '%s\n' "$now" >"$mark"
}
