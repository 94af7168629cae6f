"""Names that look like another: letters of several scripts, or ones that only look Latin.

A name is told from others by eye: on a page, in a mail, in the records. `marаma` with a Cyrillic a
must therefore never stand beside `marama`. No name is compared with those that exist: what could
pass for a plain one is refused, whichever of the two comes first (the idea, not the whole table, of
Unicode Technical Standard 39: single script, section 5.1; skeleton, section 4).
"""

import unicodedata

# Lower-case letters that are drawn like ASCII ones: Cyrillic, Greek, Armenian, Cherokee, Coptic,
# Lisu and the Latin ones of phonetic alphabets.
_LIKE = {
    "a": "аɑα",
    "b": "ƅЬьꮟ",
    "c": "сϲᴄⲥꮯ",
    "d": "ԁꓒ",
    "e": "еҽєɛε",
    "f": "ꬵſ",
    "g": "ɡցᶃɢ",
    "h": "һհꮒ",
    "i": "іıɩιꭵ",
    "j": "јϳ",
    "k": "кκᴋⲕ",
    "l": "ӏǀɭ",
    "m": "мᴍ",
    "n": "пոռηɴ",
    "o": "оοօσᴏⲟө",
    "p": "рρⲣᴘ",
    "q": "ԛգզ",
    "r": "гᴦⲅɼʀ",
    "s": "ѕꜱʂꮪ",
    "t": "тτᴛ",
    "u": "սυʋᴜц",
    "v": "νѵᴠⱱ",
    "w": "ԝѡωաᴡɯ",
    "x": "хχ",
    "y": "уүγყỿʏ",
    "z": "ᴢʐ",
}
_SKELETON = str.maketrans({like: plain for plain, alike in _LIKE.items() for like in alike})
_EAST_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}


def deceptive(name: str) -> bool:
    """Return True if a name (NFKC, lower case) could pass for another one.

    Its letters are of several scripts, or every one of them looks like an ASCII letter and not
    every one is. Accents and macrons are letters of their own: `māra` is no `mara`.
    """
    scripts = {_script(c) for c in name if not c.isascii() and c.isalnum()}
    if any(c.isascii() and c.isalpha() for c in name):
        scripts.add("LATIN")
    if len(scripts - {"EAST ASIAN"}) > 1 or len(scripts) > 2:
        return True
    if "EAST ASIAN" in scripts and not scripts <= {"EAST ASIAN", "LATIN"}:
        return True
    return not name.isascii() and name.translate(_SKELETON).isascii()


def _script(char: str) -> str:
    first = unicodedata.name(char, "UNKNOWN").partition(" ")[0].partition("-")[0]
    return "EAST ASIAN" if first in _EAST_ASIAN else first
