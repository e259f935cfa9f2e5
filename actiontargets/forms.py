"""One row of the grid, and the form of one target: typed as people say it, read into the API's patch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from actiontargets import payloads
from actiontargets.payloads import Numbers
from journeyadmin import servicelevel
from journeyadmin.contract.actiontargets import MAX_NAME_LENGTH
from journeyadmin.servicelevel import Caution, NotRead

Json = Mapping[str, Any]
LONGEST_TYPED = 40


@dataclass(frozen=True)
class Choice:
    """A way to say what an unclear entry means: the field, and the text to put there."""

    field: str
    text: str


class LevelForm(forms.Form):
    """Service level and short abandon of one target.

    `seen` carries what the form was filled from; `warned` the cautions that were shown already. A level that is not set may
    stay empty; anything else that is emptied is asked about, never guessed.
    """

    share = forms.CharField(label=_lazy("Share"), required=False, max_length=LONGEST_TYPED)
    duration = forms.CharField(label=_lazy("Answered within"), required=False, max_length=LONGEST_TYPED)
    abandon = forms.CharField(label=_lazy("Short abandon"), required=False, max_length=LONGEST_TYPED)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    warned = forms.CharField(required=False, widget=forms.HiddenInput)
    chosen = forms.BooleanField(required=False)

    def __init__(self, target: Json, data: Mapping[str, Any] | None = None) -> None:
        self.target = target
        self.id = str(target["id"])
        initial = typed_from(target)
        # A row that is not in the posted form (a target that is new since) shows what it is.
        posted = data is not None and f"{self.id}-seen" in data
        super().__init__(data if posted else None, prefix=self.id, initial=initial)
        self.base = (
            payloads.from_hidden(str((data or {}).get(f"{self.id}-seen", ""))) if posted else None
        ) or (servicelevel.settings_of(target))
        self.choices: list[Choice] = []
        # What happened in the last week, where it was asked for.
        self.numbers: Numbers | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        share_text, duration_text = cleaned.get("share", ""), cleaned.get("duration", "")
        # "80/20" or "80 % in 20 s" typed into the first field says both.
        both = servicelevel.read_level(share_text)
        if both:
            share_text, duration_text = both
        old_share, old_duration = servicelevel.level_of(self.base)
        set_before = old_share is not None or old_duration is not None
        if set_before or share_text or duration_text:
            cleaned["share"] = self._read(
                "share", share_text, old_share, servicelevel.share_words, servicelevel.read_share
            )
            cleaned["duration"] = self._read(
                "duration",
                duration_text,
                old_duration,
                servicelevel.duration_words,
                servicelevel.read_duration,
            )
        else:
            cleaned["share"] = cleaned["duration"] = None
        cleaned["abandon"] = self._read(
            "abandon",
            cleaned.get("abandon", ""),
            servicelevel.short_abandon_of(self.base),
            servicelevel.short_abandon_words,
            servicelevel.read_short_abandon,
        )
        return cleaned

    def _read(self, field: str, text: str, old: Any, words: Any, read: Any) -> Any:
        text = " ".join(text.split())
        if not text:
            self.add_error(field, _("Empty. Type a value, or choose a default from the row's menu."))
            return old
        # What was not touched stays to the last digit.
        if (old is not None or field == "abandon") and text == " ".join(words(old).split()):
            return old
        try:
            return read(text)
        except NotRead as refused:
            self.add_error(field, str(refused))
            self.choices += [Choice(field, choice) for choice in refused.choices]
            return old

    @property
    def patch(self) -> dict[str, Any]:
        """Empty while nothing differs from what the form was filled from, or something cannot be read."""
        if not self.is_bound or not self.is_valid():
            return {}
        cleaned = self.cleaned_data
        return payloads.patch_of(
            self.base, cleaned["share"], cleaned["duration"], cleaned["abandon"], cleaned.get("name")
        )

    @property
    def wanted(self) -> dict[str, Any]:
        return servicelevel.with_patch(self.base, self.patch)

    @property
    def mine(self) -> dict[str, Any]:
        """The whole target as wanted; what is to be cleared is not there, whatever the target has now."""
        rest = {name: value for name, value in self.target.items() if name not in payloads.SETTINGS}
        return {**rest, **self.wanted}

    @property
    def changed(self) -> bool:
        return bool(self.patch) or bool(self.errors)

    @property
    def was(self) -> list[str]:
        """What differs, in words, old value first."""
        return servicelevel.differences(self.base, self.wanted)

    @property
    def cautions(self) -> list[Caution]:
        return servicelevel.cautions(self.base, self.wanted)

    @property
    def warned_of(self) -> str:
        return ",".join(sorted({caution.code for caution in self.cautions}))

    @property
    def unwarned(self) -> bool:
        """Whether there is a caution that the person has not been shown yet."""
        shown = (
            str(self.cleaned_data.get("warned", "")).split(",") if self.is_bound and self.is_valid() else []
        )
        return any(caution.code not in shown for caution in self.cautions)

    @property
    def level_words(self) -> str:
        return servicelevel.level_words(self.target)

    @property
    def abandon_words(self) -> str:
        return servicelevel.short_abandon_words(servicelevel.short_abandon_of(self.target))

    @property
    def was_words(self) -> str:
        """What the form was filled from, as far as it differs now."""
        words = []
        if "serviceLevel" in self.patch:
            words.append(servicelevel.level_words(self.base))
        if "shortAbandonThreshold" in self.patch:
            words.append(servicelevel.short_abandon_words(servicelevel.short_abandon_of(self.base)))
        return ", ".join(words)

    @property
    def stored(self) -> dict[str, Any]:
        """What will be stored, in the API's own values."""
        level = self.wanted.get("serviceLevel") or {}
        return {
            "percentage": level.get("percentage"),
            "durationMs": level.get("durationMs"),
            "abandon": servicelevel.short_abandon_of(self.wanted),
        }


class TargetForm(LevelForm):
    """The form of one target: its name too."""

    name = forms.CharField(label=_lazy("Name"), max_length=MAX_NAME_LENGTH, strip=True)


class FillForm(forms.Form):
    """Service level and short abandon for every selected row; what is left empty leaves the rows as they are."""

    fill_share = forms.CharField(label=_lazy("Share"), required=False, max_length=LONGEST_TYPED)
    fill_duration = forms.CharField(label=_lazy("Answered within"), required=False, max_length=LONGEST_TYPED)
    fill_abandon = forms.CharField(label=_lazy("Short abandon"), required=False, max_length=LONGEST_TYPED)


def typed_from(target: Json) -> dict[str, str]:
    """The texts that a form of this target is filled with."""
    share, duration = servicelevel.level_of(target)
    return {
        "name": str(target.get("name") or ""),
        "share": "" if share is None else servicelevel.share_words(share),
        "duration": "" if duration is None else servicelevel.duration_words(duration),
        "abandon": servicelevel.short_abandon_words(servicelevel.short_abandon_of(target)),
        "seen": payloads.to_hidden(target),
    }
