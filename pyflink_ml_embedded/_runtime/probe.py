"""Prints what the JVM must know of this Python, as one line of JSON, the last of stdout.

Java runs it by ``python -c`` in the executable that a job asks for, before any library is loaded.
It stands alone, and Python 3.6 can run it, so that an old Python is reported and not a crash.
"""

import importlib.util
import json
import os
import re
import site
import sys
import sysconfig


def _probe() -> "dict[str, object]":
    # '' is the directory that Java runs in; the embedded interpreter does not look there.
    sys.path[:] = [path for path in sys.path if path]
    package_path = _path_of("pyflink_ml_embedded")
    return {
        "version": list(sys.version_info[:3]),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "site_packages": _site_packages(),
        "libpython": _libpython(),
        "pemja": _installed_version("pemja"),
        "pemja_path": _path_of("pemja"),
        "package": package_path and _package_version(package_path),
        "package_path": package_path,
    }


def _site_packages() -> "list[str]":
    paths = list(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        paths.append(site.getusersitepackages())
    paths += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return [path for path in dict.fromkeys(paths) if os.path.isdir(path)]


def _libpython() -> "str | None":
    try:
        from find_libpython import find_libpython  # PemJa depends on it, and finds it so
    except ImportError:
        name = sysconfig.get_config_var("LDLIBRARY") or ""
        path = os.path.join(sysconfig.get_config_var("LIBDIR") or "", name)
        return path if ".so" in name and os.path.isfile(path) else None
    return find_libpython()


def _installed_version(name: str) -> "str | None":
    try:
        from importlib.metadata import PackageNotFoundError, version
    except ImportError:
        return None
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _path_of(package: str) -> "str | None":
    """Finds a package without importing it: it would load a C extension."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.abspath(next(iter(spec.submodule_search_locations)))


def _package_version(package_path: str) -> "str | None":
    """Looks into a checkout's pyproject.toml first: built in place it has no metadata, or old."""
    try:
        path = os.path.join(os.path.dirname(package_path), "pyproject.toml")
        with open(path, encoding="utf-8") as file:
            project = file.read()
    except OSError:
        project = ""
    found = re.search(r'^name = "pyflink-ml-embedded"\nversion = "([^"]+)"', project, re.MULTILINE)
    return found.group(1) if found else _installed_version("pyflink-ml-embedded")


if __name__ == "__main__":
    print("\n" + json.dumps(_probe()))
