"""The English that the embedded parser knows. Longer phrases come first: what is matched is taken out of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xtalker.direction.vocabulary import Kind

WordKind = Literal["move", "style", "towards", "amount", "pace", "count", "not"]


@dataclass(frozen=True)
class Entry:
    """A phrase and what it means.

    Attributes:
        pattern: matches the phrase in lower-case text without hyphens.
        kind: of the meaning.
        value: primitive or style or direction; factor on amount or length; number of repetitions.
        towards: direction that a move's phrase already names.
    """

    pattern: re.Pattern[str]
    kind: WordKind
    value: str | float
    towards: str = ""


_HEAD_MOVES: Final = (
    (r"nod(ding)? along|keeps? nodding|nodding( (his|her|the|your) head)?", "nods", ""),
    (r"(shak(es?|ing) (his|her|the|your) head|head ?shakes?|shak(es?|ing))", "shake", ""),
    (r"(agree(s|ing)?|says? yes)", "nod", ""),
    (r"(disagree(s|ing)?|says? no)", "shake", ""),
    (r"nod(s|ded)?", "nod", ""),
    (r"(raises?|lifts?|chin up|raises? (the|his|her|your) chin)", "look", "up"),
    (r"(lowers?|drops?|chin down|bows?)", "look", "down"),
    (r"(tilt(s|ed|ing)?|tips?|tipping|cocks?|cocked|inclin(es?|ed|ing))", "tilt", ""),
    (r"(turn(s|ed|ing)?|rotat(es?|ed|ing)|yaws?|pan(s|ning)?|swivels?)", "turn", ""),
    (r"(look(s|ing)?|glanc(es?|ing)|fac(es|ing)|gaz(es?|ing))", "look", ""),
    (r"lean(s|ed|ing)? (in|forwards?|closer)", "lean", "in"),
    (r"lean(s|ed|ing)? (out|backwards?|back|away)", "lean", "out"),
    (r"lean(s|ed|ing)?", "lean", ""),
    (r"(sway(s|ed|ing)?|rock(s|ing)?|side to side|back and forth|swing(s|ing)?)", "sway", ""),
    (r"(bob(s|bed|bing)?|head ?bang(s|ing)?|(to|on|with) the beat|rhythmic(ally)?|beats?)", "bob", ""),
    (r"(circl(es?|ing)|roll(s|ing)?|round and round)", "circle", ""),
    (r"(drift(s|ed|ing)?|wander(s|ed|ing)?|idle|meander(s|ing)?)", "drift", ""),
    (r"(hold(s|ing)?|stays?|keeps?|remains?|pauses?|waits?)", "hold", ""),
    (
     r"(settl(es?|ed|ing)|returns?|(back )?to neutral|back to (the )?(centre|center|middle)|"
     r"straight ahead|centre|center|looks? at (the )?camera)",
     "settle", ""),
)  # fmt: skip

_CAMERA_MOVES: Final = (
    (r"(dolly zooms?|vertigo( effect| shot)?|trombone shot) out", "dolly_zoom", "out"),
    (r"(dolly zooms?|vertigo( effect| shot)?|trombone shot)( in)?", "dolly_zoom", ""),
    (r"(medium|mid) (close ?up|shot)s?", "medium_close_up", ""),
    (r"(extreme |tight )?close ?ups?", "close_up", ""),
    (r"(bust|head and shoulders|wide|wider|medium wide|full|portrait)( shots?| framing)?", "bust", ""),
    (
     r"(pull(s|ing)?|moves?|moving|dolly|dollies|zoom(s|ing)?|go(es)?|backs?|tracks?) (out|back|"
     r"backwards?|away|off|further away)",
     "pull_out", ""),
    (
     r"(push(es|ing)?|moves?|moving|dolly|dollies|zoom(s|ing)?|com(es?|ing)|go(es)?|creeps?|"
     r"tracks?|trucks?) (in|closer|nearer|towards|forwards?)|zooms?",
     "push_in", ""),
    (
     r"(orbit(s|ed|ing)?|arc(s|ing)?|circl(es?|ing)|revolv(es?|ing)|walks?|rotat(es?|ing)|"
     r"moves? around)( around)?",
     "orbit", ""),
    (r"pan(s|ned|ning)?|whip pan", "pan", ""),
    (r"dutch( angle| tilt)?|roll(s|ed|ing)?|cant(s|ed)?", "roll", ""),
    (r"tilt(s|ed|ing)?", "tilt", ""),
    (r"hand ?held|shak(y|ing)( cam(era)?)?|unsteady|wobbl(y|ing)", "handheld", ""),
    (r"(low ang(le|led)|from below|worms? eye)( shot| view)?", "low_angle", ""),
    (r"(high ang(le|led)|from above|birds? eye|overhead)( shot| view)?", "high_angle", ""),
    (r"eye level|frontal|from the front", "eye_level", ""),
    (r"(hard |jump |smash )?cut(s|ting)?( to)?", "cut", ""),
    (r"hold(s|ing)?|stays?|static|locked( off)?|fixed|still|tripod", "hold", ""),
)  # fmt: skip

_HEAD_STYLES: Final = (
    (r"(ted ?talks?|on stage|stage|present(er|ing|ation)|lectur(e|er|ing)|keynote|speech ?giver|orator)", "presenting"),
    (r"(energetic(ally)?|lively|animated|dynamic|vivid|passionate(ly)?|enthusiastic(ally)?)", "energetic"),
    (r"(excited(ly)?|thrilled|hyped|joyful(ly)?|happy|happily|cheerful(ly)?|playful(ly)?)", "excited"),
    (r"(calm(ly)?|relaxed|peaceful(ly)?|serene(ly)?|tranquil|composed|subtle|subtly)", "calm"),
    (r"(shy(ly)?|timid(ly)?|embarrassed|bashful(ly)?|nervous(ly)?|insecure)", "shy"),
    (r"(confident(ly)?|proud(ly)?|assertive(ly)?|self assured|bold(ly)?)", "confident"),
    (r"(sad(ly)?|sorrowful|melanchol(y|ic)|depressed|mournful|gloomy|dejected)", "sad"),
    (r"(thoughtful(ly)?|pensive(ly)?|contemplative|thinking|reflective|pondering|curious(ly)?)", "thoughtful"),
    (r"(agreeable|agreeing|affirmative|approving(ly)?|supportive|listening|attentive(ly)?|encouraging)", "agreeing"),
    (r"(disagreeing|disapproving(ly)?|sceptical(ly)?|skeptical(ly)?|doubtful(ly)?|negative)", "disagreeing"),
    (r"(formal(ly)?|news(caster|reader)?|anchor(man|woman)?|serious(ly)?|professional(ly)?|official)", "formal"),
    (r"(sleepy|sleepily|tired(ly)?|drowsy|bored|weary|exhausted)", "sleepy"),
    (r"(angry|angrily|aggressive(ly)?|furious(ly)?|intense(ly)?|forceful(ly)?)", "angry"),
    (r"(robot(ic|ically)?|mechanical(ly)?|android)", "robotic"),
    (r"(still|frozen|motionless|rigid(ly)?|statue|static|does not move|do not move|dont move|minimal)", "still"),
    (r"(friendly|warm(ly)?|conversational(ly)?|casual(ly)?|natural(ly)?|chatty)", "friendly"),
    (r"(storytell(er|ing)|dramatic(ally)?|theatrical(ly)?|expressive(ly)?)", "dramatic"),
)  # fmt: skip

_CAMERA_STYLES: Final = (
    (r"cinematic(ally)?|film(ic)?|movie", "cinematic"),
    (r"documentary|reportage", "documentary"),
    (r"interview|news|talk show|formal", "interview"),
    (r"dramatic(ally)?|heroic|epic", "dramatic"),
    (r"intimate|tender|emotional", "intimate"),
    (r"dynamic|energetic|music video|lively", "energetic"),
    (r"vlog|selfie", "vlog"),
    (r"dreamy|floating|calm|gentle drift", "calm"),
)  # fmt: skip

_TOWARDS: Final = (
    (r"(to(wards?)? )?((the|his|her|their|your|its) )?left(wards?)?( side| shoulder)?", "left"),
    (r"(to(wards?)? )?((the|his|her|their|your|its) )?right(wards?)?( side| shoulder)?", "right"),
    (r"up(wards?)?", "up"),
    (r"down(wards?)?", "down"),
)  # fmt: skip

_AMOUNTS: Final = (
    (r"(very |ever so )?(slight(ly)?|subtle|subtly|tiny|a (little )?bit|a little|barely|faint(ly)?|minimal(ly)?)", 0.4),
    (r"(small|gentle|gently|soft(ly)?|light(ly)?|mild(ly)?|moderate(ly)?|half)", 0.65),
    (r"(extreme(ly)?|as far as possible|maximum|huge|massive(ly)?|all the way|twice as far)", 2.0),
    (r"(strong(ly)?|big|large|wide(ly)?|deep(ly)?|hard|vigorous(ly)?|far|very|really|exaggerated|firm(ly)?)", 1.5),
)  # fmt: skip

_PACES: Final = (
    (r"(very|extremely) slow(ly)?", 3.0),
    (r"(slow(ly|er)?|gradual(ly)?|leisurely|unhurried)", 1.8),
    (r"(very|extremely) (quick(ly)?|fast|rapid(ly)?)", 0.5),
    (r"(quick(ly|er)?|fast(er)?|rapid(ly)?|swift(ly)?|sudden(ly)?|abrupt(ly)?|brisk(ly)?|sharp(ly)?)", 0.65),
)  # fmt: skip

NUMBERS: Final[Mapping[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip

_COUNTS: Final = (
    (r"once", 1.0), (r"twice", 2.0), (r"thrice", 3.0), (r"(several|a few|some|repeated(ly)?|multiple)( times)?", 3.0),
    (r"a couple of times", 2.0),
)  # fmt: skip

_NOT: Final = r"(do(es)? not|dont|doesnt|no|not|never|without|stops?|avoid(s|ing)?)"

IGNORED: Final = frozenset({
    "a", "again", "all", "always", "an", "and", "around", "as", "at", "be", "begin", "beginning", "begins", "being",
    "but", "by", "camera", "degrees", "do", "does", "during", "each", "emphasis", "emphasised", "emphasized", "end",
    "every", "face", "feel", "feeling", "for", "from", "gesture", "gestures", "give", "gives", "giving", "he",
    "head", "heads", "her", "his", "i", "if", "in", "into", "is", "it", "its", "just", "keep", "lens", "let",
    "like", "make", "makes", "manner", "mood", "more", "motion", "motions", "move", "movement", "movements",
    "moves", "my", "of", "on", "or", "over", "person", "please", "quite", "rather", "really", "second", "seconds",
    "she", "shot", "shots", "slightly", "so", "some", "someone", "speaker", "speaking", "speaks", "speed", "start",
    "starts", "style", "subject", "talker", "talking", "talks", "tempo", "that", "the", "their", "then", "they",
    "this", "throughout", "time", "times", "to", "tone", "very", "view", "way", "we", "while", "whole", "with",
    "word", "words", "you", "your",
})  # fmt: skip


def _entries(rows: Sequence[tuple[str, str, str]] | Sequence[tuple[str, str | float]], kind: WordKind) -> list[Entry]:
    return [Entry(re.compile(rf"\b(?:{row[0]})(?!\w)"), kind, row[1], *row[2:]) for row in rows]


def _lexicon(moves: Sequence[tuple[str, str, str]], styles: Sequence[tuple[str, str]]) -> tuple[Entry, ...]:
    return (
        *_entries(_PACES, "pace"), *_entries(moves, "move"), *_entries(styles, "style"), *_entries(_TOWARDS, "towards"),
        *_entries(_AMOUNTS, "amount"), *_entries(_COUNTS, "count"), *_entries([(_NOT, 0.0)], "not"),
    )  # fmt: skip


LEXICON: Final[Mapping[Kind, tuple[Entry, ...]]] = {
    "head": _lexicon(_HEAD_MOVES, _HEAD_STYLES),
    "camera": _lexicon(_CAMERA_MOVES, _CAMERA_STYLES),
}

STYLE_NAMES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "head": tuple(name for _, name in _HEAD_STYLES),
    "camera": tuple(name for _, name in _CAMERA_STYLES),
}

EXAMPLE: Final[Mapping[Kind, str]] = {
    "head": "'calm', or 'nod twice, then slowly turn left 20 degrees'",
    "camera": "'slow orbit left, then push in', or 'cut to close-up at 3 s'",
}
