"""Sphinx settings of the site: notebooks as committed, API from the docstrings, nothing fetched from elsewhere."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import salkit  # noqa: E402

project = "salkit"
author = "The salkit developers"
copyright = author
version = release = salkit.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "gallery",
    "docstrings",
    "finder",
]
exclude_patterns = ["_ext", "_static", "_templates"]
templates_path = ["_templates"]
root_doc = "index"

# Notebooks: shown as committed, never run. Their pages load no script from anywhere.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
suppress_warnings = ["mystnb.mime_priority", "ref.python"]  # "neurons" of a type's words may name several attributes

# Formulas: MathJax as one file, copied into the site by `gallery`.
mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}, "startup": {"typeset": True}}

# API: links where a name is documented here; other packages' names stay plain, as no inventory is fetched.
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
add_module_names = False
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!salkit\.).*")]

html_theme = "pydata_sphinx_theme"
html_title = "salkit"
html_favicon = "_static/icon.svg"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css", "explorer/explorer.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_domain_indices = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_center": [],
    "footer_end": [],
    "show_prev_next": True,
    "show_nav_level": 1,
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}
html_sidebars = {
    name: [] for name in ("index", "get_started", "cite", "explorer", "networks", "glossary", "paper_figures")
}
