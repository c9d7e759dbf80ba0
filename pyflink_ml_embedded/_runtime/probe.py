# SPDX-License-Identifier: Apache-2.0
"""Describes this Python, and any problems with embedding it, as JSON on the last line of stdout.

Java runs it with ``python -c`` in the executable that a job selects, before it loads any library.
``pyflink-ml-embedded doctor`` and ``make check`` run it too, so that all three agree. It imports
only the standard library and runs on Python 3.6, so that an old Python reports its version and not
a SyntaxError.

Usage: probe.py [--package VERSION] [--flink VERSION] [--parent PID]
       probe.py --build

``--package`` and ``--flink`` are the versions of the provider's jar and of Flink that the Python
must fit. ``--parent`` is the process whose environment is compared with that of this Python, which
a script around the executable may change. ``--build`` checks whether a venv can be created and the
C extension built with this Python: it prints the problems as text and exits with 1 if there are
any.
"""

import sys

if __name__ == "__main__":
    # '' is the directory that Java runs in; the embedded interpreter does not look there.
    sys.path[:] = [path for path in sys.path if path]

import argparse
import importlib.util
import json
import locale
import os
import platform
import re
import site
import sysconfig
import warnings

_OLDEST = (3, 10)
_NEWEST = (3, 12)
_OF_THE_SHELL = ("_", "OLDPWD", "PWD", "SHLVL")
_MOST_FILES = 200  # Java reads the description from the buffer of a pipe


def _main() -> "int":
    parser = argparse.ArgumentParser()
    parser.add_argument("--package")
    parser.add_argument("--flink")
    parser.add_argument("--parent", type=int)
    parser.add_argument("--build", action="store_true")
    options = parser.parse_args()
    if options.build:
        problems = _version_problems() or _libpython_problems(_libpython()) + _build_problems()
        for problem in problems:
            print("{text}. {remedy}".format(**problem))
        return 1 if problems else 0

    print("\n" + json.dumps(_describe(options.package, options.flink, options.parent)))
    return 0


def _describe(
    expected_package: "str | None", flink: "str | None", parent: "int | None"
) -> "dict[str, object]":
    libpython = _libpython()
    pemja = _installed_version("pemja")
    package_path = _path_of("pyflink_ml_embedded")
    package = package_path and _package_version(package_path)
    return {
        "version": list(sys.version_info[:3]),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "site_packages": _site_packages(),
        "user_site": bool(site.ENABLE_USER_SITE),
        "path": sys.path,
        "settings": settings(),
        "environment": {**environment(), **_changed_environment(parent)},
        "libpython": libpython,
        "pemja": pemja,
        "pemja_path": _path_of("pemja"),
        "package": package,
        "package_path": package_path,
        "start_library": package_path and _start_library(package_path),
        "files": _stamps(libpython, package_path),
        "problems": _version_problems()
        or _libpython_problems(libpython)
        + _pemja_problems(pemja, flink)
        + _package_problems(package, expected_package),
    }


def _stamps(*more: "str | None") -> "dict[str, str]":
    """Returns time and size of what decides the description; empty if that is too much to check.

    Packages are installed into directories of the path. The modules outside of the standard library
    that are loaded already belong to ``sitecustomize``, ``usercustomize`` or a .pth file.
    """
    directories = _site_packages()
    paths = [sys.executable, os.path.join(sys.prefix, "pyvenv.cfg"), *sys.path, *directories]
    for directory in directories:
        names = os.listdir(directory)
        paths += [os.path.join(directory, name) for name in names if name.endswith(".pth")]
    library = os.path.join(sysconfig.get_path("stdlib"), "")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        is_standard = file.startswith(library) and not file.startswith(tuple(directories))
        if name in ("sitecustomize", "usercustomize") or not is_standard:
            paths.append(file)
    for path in filter(None, more):
        # In a checkout, pyproject.toml has the version.
        paths += [path, os.path.join(os.path.dirname(path), "pyproject.toml")]
    stamps = {path: _stamp(path) for path in paths if os.path.isabs(path)}
    return stamps if len(stamps) <= _MOST_FILES else {}


def _stamp(path: "str") -> "str":
    try:
        status = os.stat(path)
    except OSError:
        return "missing"
    return f"{status.st_mtime_ns // 10**6} {status.st_size}"


def settings() -> "dict[str, object]":
    """Returns what may differ between an executable and an embedded Python, by name."""
    flags = re.findall(r"(\w+)=", repr(sys.flags))
    return {
        **{f"sys.flags.{name}": int(getattr(sys.flags, name)) for name in flags},
        "sys.getfilesystemencoding()": sys.getfilesystemencoding(),
        "sys.getfilesystemencodeerrors()": sys.getfilesystemencodeerrors(),
        "locale.getpreferredencoding(False)": locale.getpreferredencoding(False),
        **{f"locale.setlocale(locale.{name})": found for name, found in locales().items()},
        "sys.warnoptions": sys.warnoptions,
        "warnings.filters": [_describe_filter(*entry) for entry in warnings.filters],
        "sys.getrecursionlimit()": sys.getrecursionlimit(),
        "sys.dont_write_bytecode": sys.dont_write_bytecode,
        "sys.pycache_prefix": getattr(sys, "pycache_prefix", None),
        "sysconfig.get_paths()": sysconfig.get_paths(),
    }


def locales() -> "dict[str, str]":
    """Returns the locale of each category but LC_ALL, by name."""
    names = [name for name in dir(locale) if name.startswith("LC_") and name != "LC_ALL"]
    return {name: locale.setlocale(getattr(locale, name)) for name in names}


def _describe_filter(
    action: str, message: object, category: object, module: object, line: int
) -> "list[object]":
    patterns = [getattr(pattern, "pattern", pattern) for pattern in (message, module)]
    return [action, patterns[0], getattr(category, "__name__", str(category)), patterns[1], line]


def environment() -> "dict[str, str]":
    """Returns what Python reads. It sets LC_CTYPE itself where the locale is C (PEP 538)."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PYTHON") or name == "LC_CTYPE"
    }


def _changed_environment(parent: "int | None") -> "dict[str, str | None]":
    """Returns the variables that the parent does not have with the same value.

    Variables of Python that only the parent has are None.
    """
    try:
        with open(f"/proc/{parent}/environ", "rb") as file:
            entries = os.fsdecode(file.read()).split("\0")
    except OSError:  # without a parent, or on another system
        return {}
    before = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    changed = {
        name: value
        for name, value in os.environ.items()
        if before.get(name) != value and name not in _OF_THE_SHELL
    }
    removed = [name for name in before if name.startswith("PYTHON") and name not in os.environ]
    return {**changed, **dict.fromkeys(removed)}


def _version_problems() -> "list[dict[str, str]]":
    implementation = platform.python_implementation()
    if implementation == "CPython" and _OLDEST <= sys.version_info[:2] <= _NEWEST:
        return []
    versions = [f"3.{minor}" for minor in range(_OLDEST[1], _NEWEST[1] + 1)]
    return [
        _problem(
            "Python",
            f"{implementation} {_minor_version()} is not supported",
            f"Use CPython {', '.join(versions[:-1])} or {versions[-1]}.",
        )
    ]


def _libpython_problems(libpython: "str | None") -> "list[dict[str, str]]":
    if libpython:
        return []
    version = _minor_version()
    return [
        _problem(
            "libpython",
            "Python has no shared libpython (a static build)",
            f"Install your distribution's libpython{version}, or a Python built with"
            " --enable-shared, for example by"
            f" PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {version}",
        )
    ]


def _pemja_problems(pemja: "str | None", flink: "str | None") -> "list[dict[str, str]]":
    if pemja:
        return []
    requirement = f"apache-flink=={flink}.*" if flink else "apache-flink"
    return [_problem("PemJa", "PemJa is missing", _pip_install(requirement))]


def _package_problems(package: "str | None", expected: "str | None") -> "list[dict[str, str]]":
    if package and expected in (None, package):
        return []
    text = (
        f"The package pyflink-ml-embedded has version {package}, and the provider's jar {expected}"
        if package
        else "The package pyflink-ml-embedded is missing"
    )
    requirement = f"pyflink-ml-embedded=={expected}" if expected else "pyflink-ml-embedded"
    return [_problem("package", text, _pip_install(requirement))]


def _build_problems() -> "list[dict[str, str]]":
    name = f"python{_minor_version()}"
    problems = []
    if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
        problems.append(_problem("headers", "Python.h is missing", f"Install {name}-dev."))
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        problems.append(
            _problem("venv", "The module venv or ensurepip is missing", f"Install {name}-venv.")
        )
    return problems


def _problem(subject: "str", text: "str", remedy: "str") -> "dict[str, str]":
    return {"subject": subject, "text": text, "remedy": remedy}


def _pip_install(requirement: "str") -> "str":
    return f"Run: {sys.executable} -m pip install '{requirement}'"


def _minor_version() -> "str":
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _site_packages() -> "list[str]":
    paths = list(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        paths.append(site.getusersitepackages())
    paths += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return [path for path in dict.fromkeys(paths) if os.path.isdir(path)]


def _libpython() -> "str | None":
    try:
        from find_libpython import find_libpython  # a dependency of PemJa, which uses it too
    except ImportError:
        directory = sysconfig.get_config_var("LIBDIR") or ""
        # The second one, a link to the first, is in the -dev package of some distributions.
        names = [sysconfig.get_config_var(name) or "" for name in ("INSTSONAME", "LDLIBRARY")]
        paths = [os.path.join(directory, name) for name in names if ".so" in name]
        return next(filter(os.path.isfile, paths), None)
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
    """Finds a package without importing it, because the import would load a C extension."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.abspath(next(iter(spec.submodule_search_locations)))


def _start_library(package_path: str) -> str:
    return os.path.join(package_path, "_start" + (sysconfig.get_config_var("EXT_SUFFIX") or ".so"))


def _package_version(package_path: str) -> "str | None":
    """Prefers pyproject.toml, because a checkout built in place has no or outdated metadata."""
    try:
        path = os.path.join(os.path.dirname(package_path), "pyproject.toml")
        with open(path, encoding="utf-8") as file:
            project = file.read()
    except OSError:
        project = ""
    found = re.search(r'^name = "pyflink-ml-embedded"\nversion = "([^"]+)"', project, re.MULTILINE)
    return found.group(1) if found else _installed_version("pyflink-ml-embedded")


if __name__ == "__main__":
    sys.exit(_main())
