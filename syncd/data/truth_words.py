"""The many ways to say yes and no, for a mapping that asks for them with `boolean`."""

from __future__ import annotations

from typing import Final

_YES: Final = (
    "true t yes y 1 on x enabled allowed"  # English, and the mark of SAP
    " ja j wahr an"  # German, and Dutch, Danish, Norwegian and Swedish
    " oui vrai"  # French
    " sí si s verdadero"  # Spanish, and Italian
    " vero"  # Italian
    " sim verdadeiro"  # Portuguese
    " waar aan"  # Dutch
    " tak prawda"  # Polish
    " ano"  # Czech
    " kyllä"  # Finnish
)
_NO: Final = (
    "false f no n 0 off disabled denied"
    " nein falsch aus"
    " non faux"
    " falso"
    " não nao"
    " nee onwaar uit"
    " nie fałsz"
    " ne"
    " nej nei"
    " ei"
)

TRUTH_WORDS: Final = {
    **dict.fromkeys(_YES.split(), "true"),
    **dict.fromkeys(_NO.split(), "false"),
}
"""What each word stands for, in small letters; a word that may mean either is not there."""
