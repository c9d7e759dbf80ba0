"""The version stands in pyproject.toml and in java/pom.xml."""

import re
from importlib.metadata import version
from xml.etree import ElementTree

import pyflink_ml_embedded


def test_package_and_jar_have_the_same_version(root):
    """The jar refuses a package of another version, so a release of one alone is of no use."""
    pyproject = re.search(r'^version = "(.+?)"', (root / "pyproject.toml").read_text(), re.M)[1]
    pom = ElementTree.parse(root / "java" / "pom.xml").findtext("{*}version")
    assert pyflink_ml_embedded.__version__ == version("pyflink-ml-embedded") == pyproject == pom
