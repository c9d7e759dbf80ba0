# SPDX-License-Identifier: Apache-2.0
"""Installs a requirements file for this Python. RequirementsInstaller.java runs this script.

Usage: ``describe``, or ``install REQUIREMENTS TARGET SCRATCH [PACKAGES]``. The first prints what an
installation depends on beside its arguments.
"""

# ruff: noqa: E402
import sys

sys.path[:] = [path for path in sys.path if path]  # without '', the JVM's working directory

import json
import os
import signal
import subprocess
import sysconfig
import threading

# Without '', the JVM's working directory.
_PIP = """
import runpy, sys
sys.path[:] = filter(None, sys.path)
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_SETTINGS = [
    *("--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off"),
    "--no-user",
]
_FILE_OPTIONS = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable")


def describe():
    """Prints the version of this Python, and what is installed."""
    installed = {
        name
        for path in filter(os.path.isdir, sys.path)
        for name in os.listdir(path)
        if name.endswith((".dist-info", ".egg-info", ".egg-link"))
    }
    abi = sysconfig.get_config_var("SOABI")
    print(json.dumps([sys.version, abi, sysconfig.get_platform(), sorted(installed)]))


def install(requirements, target, scratch, packages=None):
    """Installs what this Python does not have in a fitting version.

    ``pip install --target`` would ignore what is installed. Therefore pip resolves the requirements
    first, and then installs only the versions that are missing.
    """
    os.environ["TMPDIR"] = scratch
    source = [] if packages is None else ["--no-index", "--find-links", packages]
    report = os.path.join(scratch, "report.json")
    _run_pip("--dry-run", "--report", report, "--requirement", requirements, *source)
    with open(report, encoding="utf-8") as file:
        missing = json.load(file)["install"]
    os.mkdir(target)
    if not missing:
        return
    pinned = os.path.join(scratch, "pinned.txt")
    # Its options may have a password.
    descriptor = os.open(pinned, os.O_CREAT | os.O_WRONLY, 0o600)
    options, is_hashed = _read(requirements)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in options)
        file.writelines(f"{_pinned(package, is_hashed)}\n" for package in missing)
    _run_pip(
        *("--no-deps", "--no-warn-script-location", "--target", target),
        *("--requirement", pinned),
        *source,
    )


def _read(requirements):
    """Returns the lines of options, such as ``--index-url``, and whether there are hashes."""
    with open(requirements, encoding="utf-8") as file:
        text = file.read()
    lines = map(str.strip, text.replace("\\\n", " ").splitlines())
    options = [line for line in lines if line.startswith("-")]
    is_hashed = "--hash" in text or "--require-hashes" in text
    return [line for line in options if not line.startswith(_FILE_OPTIONS)], is_hashed


def _pinned(package, is_hashed):
    if not is_hashed:
        return _version(package)
    hashes = package["download_info"]["archive_info"]["hashes"]
    return " ".join([_version(package), *(f"--hash={name}:{hashes[name]}" for name in hashes)])


def _version(package):
    name, version = package["metadata"]["name"], package["metadata"]["version"]
    if not package["is_direct"]:
        return f"{name}=={version}"
    download = package["download_info"]
    vcs = download.get("vcs_info")
    if vcs:
        return f"{name} @ {vcs['vcs']}+{download['url']}@{vcs['commit_id']}"
    return f"{name} @ {download['url']}"


def _run_pip(*arguments):
    command = [sys.executable, "-c", _PIP, "install", *_SETTINGS, *arguments]
    status = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    if status != 0:
        sys.exit(f"pip ended with the exit code {status}")


def _end_with_jvm():
    """Kills pip and what it has started when the JVM closes standard input, or has ended."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


os.setsid()
threading.Thread(target=_end_with_jvm, daemon=True).start()
{"describe": describe, "install": install}[sys.argv[1]](*sys.argv[2:])
