# SPDX-License-Identifier: Apache-2.0
"""Sphinx's configuration. The pages are plain Markdown, which GitHub shows too."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "pyflink-ml-embedded"
copyright = "the pyflink-ml-embedded authors"
version = release = version_of(project)

extensions = [
    "_site.navigation",  # the sidebar, from index.md
    "_site.repository_links",  # links to files that are not pages
    "_site.api_reference",  # from docstrings
    "myst_parser",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_site", "grafana-dashboard.json"]

myst_heading_anchors = 4
smartquotes = False

autodoc_default_options = {
    "members": True,
    "inherited-members": "BaseException,Sequence",  # but not those of these classes
}
add_module_names = False
autodoc_member_order = "bysource"
autodoc_mock_imports = ["pyflink.dataframe"]  # PyFlink has it from 2.4 on
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "source_repository": "https://github.com/pyflink-ml-embedded/pyflink-ml-embedded/",
    "source_branch": "main",
    "source_directory": "docs/",
}
