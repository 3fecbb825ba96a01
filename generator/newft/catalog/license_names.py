"""The names of licences, as the hubs write them."""

from __future__ import annotations

from difflib import get_close_matches

_MIN_RATIO = 0.9  # of equal letters

# Names that models on Hugging Face and ModelScope have. A team may allow others.
LICENSE_NAMES = frozenset(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0
    bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc
    cc-by-2.0 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-4.0
    cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-2.0
    creativeml-openrail-m deepseek eclipse-2.0 epl-2.0 eupl-1.1 eupl-1.2 gemma gfdl glm-4 gpl
    gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
    mit mpl-2.0 ms-pl odc-by openmdw-1.0 openrail openrail++ osl-3.0 other qwen qwen-research
    tongyi-qianwen unknown unlicense wtfpl zlib
    """.split()  # noqa: SIM905 - sixty quotes would hide the words
)


def find_meant_license(name: str) -> str | None:
    """Return the licence that is meant by a name that is none, such as `mti`; else None.

    Only a slip of the keyboard is one: a team may have a licence of its own.
    """
    if name in LICENSE_NAMES:
        return None
    swapped = [one for one in sorted(LICENSE_NAMES) if sorted(one) == sorted(name.lower())]
    near = swapped or get_close_matches(name.lower(), sorted(LICENSE_NAMES), n=1, cutoff=_MIN_RATIO)
    return near[0] if near else None
