"""Doubts about single requests, told once for each shot: texts near their limit, sound for nothing, elements.

Lengths are judged for every take. What takes a look at the words is judged for the first takes of a shot and for ever
fewer of the later ones, which mostly say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kling_render.catalog import ModelSpec, format_usd
from kling_render.errors import Fault, Place
from kling_render.expansion.doubts.hearing import is_soundless
from kling_render.expansion.doubts.repeats import repeats
from kling_render.expansion.doubts.wording import Wording, Wordings
from kling_render.expansion.stand_ins import judged_value, replace_stand_ins
from kling_render.expansion.take import Take
from kling_render.expansion.templating.sources import search_path
from kling_render.project import Element, Project, Shot

_NEAR = 0.9
_FIRST = 16
"""How many takes of a shot are all looked at; later only every second, fourth, eighth."""


@dataclass
class _Seen:
    """What was seen of one shot.

    Attributes:
        longest: by field, the text that comes nearest to its limit: its share of it, words, and the take.
        soundless: the first take that pays for sound and names none.
        is_heard: whether some take of it names a sound.
    """

    shot: Shot
    wording: Wording
    count: int = 0
    longest: dict[str, tuple[float, str, Take]] = field(default_factory=dict)
    soundless: Take | None = None
    is_heard: bool = False
    repeated: dict[str, Take] = field(default_factory=dict)
    unsent: dict[str, str] = field(default_factory=dict)


class TakeDoubts:
    """Looks at the takes of a project one after the other, then says what is doubtful."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._wordings = Wordings(search_path(project))
        self._seen: dict[str, _Seen] = {}
        self._limits: dict[tuple[str, str], tuple[int | None, int | None]] = {}

    def look(self, take: Take) -> None:
        """Take one take into account; of the takes of a variant, the first stands for all."""
        if take.address.number > 1:
            return
        name = take.address.shot
        seen = self._seen.get(name)
        if seen is None:
            shot = self._project.shots[name]
            wording = self._wordings.of_shot(shot) if self._project.elements else Wording()
            seen = self._seen[name] = _Seen(shot, wording)
        seen.count += 1
        self._measure(take, seen)
        if seen.count <= _FIRST or not seen.count & (seen.count - 1):
            self._listen(take, seen)
            if self._project.elements:
                self._look_for_elements(take, seen)

    def faults(self) -> Iterator[Fault]:
        """What was found."""
        for seen in self._seen.values():
            yield from (_near_limit(path, words, take, seen) for path, (_, words, take) in seen.longest.items())
            if seen.soundless is not None and not seen.is_heard:
                yield from self._soundless(seen.soundless, seen)
            for name in seen.repeated:
                text = f"the prompt names @{name} and repeats the description of it in words"
                hint = "Description and pictures go along with the name: leave the words out."
                yield Fault(_place_of_prompt(seen.shot), text, hint, "warning")
            for name, words in seen.unsent.items():
                yield self._unsent(name, words, seen)

    def _measure(self, take: Take, seen: _Seen) -> None:
        key = (take.action, take.model)
        if key not in self._limits:
            self._limits[key] = _limits(self._project.catalog.model(*key))
        whole, of_cut = self._limits[key]
        prompt = take.body.get("prompt")
        if whole and isinstance(prompt, str) and len(prompt) >= _NEAR * whole:
            _note_length("prompt", prompt, whole, take, seen)
        if of_cut and "multi_prompt" in take.body:
            for at, cut in enumerate(take.body["multi_prompt"]):
                if len(cut["prompt"]) >= _NEAR * of_cut:
                    _note_length(f"multi_prompt[{at}].prompt", cut["prompt"], of_cut, take, seen)

    def _listen(self, take: Take, seen: _Seen) -> None:
        if seen.is_heard or take.effective.get("enable_sound") is not True:
            return
        if is_soundless(take.text):
            seen.soundless = seen.soundless or take
        else:
            seen.is_heard = True

    def _soundless(self, take: Take, seen: _Seen) -> Iterator[Fault]:
        """A warning, if sound costs anything and the shot may do without."""
        rates = self._project.catalog.rates
        silent = {**take.effective, "enable_sound": False}
        with_sound, without = rates.price(take.action, take.effective), rates.price(take.action, silent)
        if with_sound is None or without is None or with_sound.micro_usd <= without.micro_usd:
            return
        body = {**replace_stand_ins(take.body, judged_value), "enable_sound": False}
        if any(finding.field == "enable_sound" for finding in self._project.catalog.judge(take.action, body)):
            return
        more = format_usd(with_sound.micro_usd - without.micro_usd)
        text = f"nothing in the prompt is to be heard, and sound costs {more} more for each take"
        hint = "Say what is heard, or set enable_sound = false."
        yield Fault(_place_of_prompt(seen.shot), text, hint, "warning")

    def _look_for_elements(self, take: Take, seen: _Seen) -> None:
        sent = {each["name"] for each in take.body.get("kling_elements", ())}
        spec = self._project.catalog.model(take.action, take.model)
        takes_elements = spec is not None and "kling_elements" in spec.fields
        prompt = take.text
        for name in sent & self._project.elements.keys() - seen.repeated.keys():
            if f"@{name}" in prompt and repeats(prompt, name, self._project.elements[name].table.description):
                seen.repeated[name] = take
        for name in seen.wording.printed & self._project.elements.keys() - sent - seen.unsent.keys():
            element = self._project.elements[name]
            is_listed = name in seen.shot.table.elements
            is_chosen = takes_elements or not _is_of_profile(seen.shot)
            if _has_pictures(element) and _says(prompt, element) and is_listed is not takes_elements and is_chosen:
                seen.unsent[name] = "" if takes_elements else take.model

    def _unsent(self, name: str, model: str, seen: _Seen) -> Fault:
        shot = seen.shot
        if model:
            text = f"{model} takes no elements: of {name} only the words are sent"
            return Fault(shot.at("elements"), text, "Choose a model that takes elements, or do not list it.", "warning")
        listed = ", ".join(f'"{each}"' for each in (*shot.table.elements, name))
        text = f"the prompt describes the element {name} in words; its pictures are not sent"
        hint = f"Add elements = [{listed}]; if words will do, write {{{{ element.{name}.description }}}}."
        return Fault(_place_of_prompt(shot), text, hint, "warning")


def _limits(model: ModelSpec | None) -> tuple[int | None, int | None]:
    """How many characters a prompt may have, and the prompt of a cut."""
    if model is None:
        return None, None
    prompt, cuts = model.fields.get("prompt"), model.fields.get("multi_prompt")
    of_cut = cuts.of.fields.get("prompt") if cuts is not None and cuts.of is not None else None
    found = [
        min((most for most in (spec.max_chars, spec.advised_max_chars) if most), default=None) if spec else None
        for spec in (prompt, of_cut)
    ]
    return found[0], found[1]


def _note_length(path: str, text: str, limit: int, take: Take, seen: _Seen) -> None:
    share = len(text) / limit
    if share <= 1 and share > seen.longest.get(path, (0.0,))[0]:  # beyond the limit the catalog speaks
        seen.longest[path] = (share, f"has {len(text):,} of at most {limit:,} characters", take)


def _near_limit(path: str, words: str, take: Take, seen: _Seen) -> Fault:
    shot = seen.shot
    place, what = _place_of_prompt(shot), "the prompt"
    if path != "prompt":
        index = int(path.partition("[")[2].partition("]")[0])
        what = f"the prompt of cut {index + 1}"
        if shot.cuts:
            key = "prompt" if shot.cuts[index].prompt is not None else "prompt_file"
            place = Place(place.file, f"{place.key}[{index}].{key}")
    where = f" in {take.address.short_id.rpartition('#')[0]}" if take.address.variant or take.address.version else ""
    return Fault(place, f"{what} {words}{where}", "A longer word in a variable may break it.", "warning")


def _place_of_prompt(shot: Shot) -> Place:
    for key in ("prompt", "prompt_file", "sequence", "prompts"):
        if key in shot.own:
            return shot.own[key].place
    return shot.fields["multi_prompt"].place if "multi_prompt" in shot.fields else shot.place


def _is_of_profile(shot: Shot) -> bool:
    """Whether a profile chose the model: a draft may do without pictures."""
    model = shot.fields.get("model")
    return model is not None and model.layer.startswith("profile ")


def _has_pictures(element: Element) -> bool:
    return bool(element.table.images or element.table.videos)


def _says(prompt: str, element: Element) -> bool:
    return " ".join(element.table.description.split()) in " ".join(prompt.split())
