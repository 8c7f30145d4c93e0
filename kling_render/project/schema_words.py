"""What the keys of a project file mean, for whoever points at one in an editor."""

from __future__ import annotations

from collections.abc import Mapping

from kling_render.project.tables import (
    AssumedPrice,
    BudgetTable,
    CutTable,
    ElementTable,
    FilmTable,
    MatrixTable,
    ProfileTable,
    ProjectTable,
    RenderTable,
    SceneTable,
    ShotTable,
    Table,
)

TOP: Mapping[str, str] = {
    "schema": "The format of this file.",
    "include": "Files with shared [defaults], [vars] and [element.*]; this file lies over them.",
    "project": "What the project is called, and the identity under which it pays.",
    "budget": "What may be spent, in US dollars. A render that would break a cap does not start.",
    "render": "How a render goes about it.",
    "defaults": "Request fields of the API for every shot.",
    "profile": "Named sets of overrides, chosen with --profile: laid over every shot, or over one.",
    "versions": "Deliverables of the whole film: every shot once for each combination.",
    "vars": "Words for the templates: {{ look }}.",
    "scene": "Shared places, looks and casts, which shots name.",
    "element": "Recurring characters and props: {{ element.NAME }} in a prompt.",
    "shot": "The shots: each has a prompt, a prompt_file or a sequence, and request fields of the API.",
    "film": "The finished film.",
}
"""The keys of the file itself."""

KEYS: Mapping[type[Table], Mapping[str, str]] = {
    ProjectTable: {
        "name": "The project's name.",
        "id": "The identity under which takes are paid: never change it, never share it between projects.",
        "client": "For the books.",
        "requires": 'Which versions of kling-render may read this file, such as ">=0.1,<1".',
        "prices": "Pins the rate card by its date: with another card the project is at fault.",
        "catalog": "A file with models and prices of your own, laid over the catalog.",
        "templates": "Folders where include and prompt_file look, after the project's own; the library comes last.",
        "prompt_whitespace": 'Runs of white space in prompts collapse before sending; "keep" leaves them.',
    },
    BudgetTable: {
        "max_usd": "The most US dollars for the life of this project.",
        "max_usd_per_run": "The most US dollars for one render.",
        "max_usd_per_day": "The most US dollars for one day.",
        "max_usd_per_take": "The most US dollars for one take.",
        "unknown_price": 'Where no rate is published: "deny" refuses the render, or say what to reckon with.',
    },
    AssumedPrice: {"assume_usd_per_take": "US dollars for each take without a published rate."},
    RenderTable: {
        "concurrency": "Takes at a time.",
        "replay_window": 'How long an unanswered request may be repeated under its key: "24h", "90m", "2d".',
        "retries": "How often a take whose task failed is bought anew, within the caps.",
        "send_address": "RunAPI stores the take's address as the request's id; false hides it.",
    },
    ElementTable: {
        "description": "Who or what it is: the same words in every shot.",
        "images": "Pictures of it: URLs, or files relative to this one.",
        "videos": "A video of it: a URL, or a file relative to this one.",
    },
    FilmTable: {"order": "The shots of the finished film in their order; without it, the order of the file."},
    CutTable: {
        "prompt": "What this cut shows: a template.",
        "prompt_file": "A template file with the prompt of this cut.",
    },
    MatrixTable: {
        "axes": "Names with the values that they take; every combination is built.",
        "rows": "Values that go together, as tables or as the name of a CSV or TOML file; they multiply with the axes.",
        "key": "The columns of the rows that enter an address; all of them where nothing is said.",
        "exclude": "Combinations that are left out, by some of their values.",
        "max": "How many combinations are allowed: a guard against typing errors.",
    },
    SceneTable: {
        "vars": "Words for the templates of its shots.",
        "elements": "The cast: elements of shots that list none of their own.",
        "defaults": "Request fields of the API for its shots.",
        "notes": "For yourself; nothing of it is sent.",
    },
    ProfileTable: {
        "takes": "How many takes of every shot.",
        "vars": "Words laid over those of every shot.",
        "unset": "Request fields that no shot sends under this profile.",
        "shot": "Overrides for single shots.",
    },
    ShotTable: {
        "scene": "The scene whose words, cast and fields it takes over.",
        "extends": "The shot that it takes everything over from.",
        "matrix": "Variants: alternatives of this shot, one of which the film uses.",
        "prompts": "Alternative prompts by name: a variant for each.",
        "prompt": "What the clip shows: a template.",
        "prompt_file": "A template file with the prompt.",
        "sequence": "Several cuts in one request and one clip, which is as long as they are together.",
        "takes": "How many takes to buy: every take is another performance, and is paid for.",
        "vars": "More words for the templates of this shot.",
        "elements": "The elements whose pictures are sent, where the model takes elements.",
        "label": "Names files and exports; free to change.",
        "tags": "Words to find the shot by.",
        "notes": "For yourself; nothing of it is sent.",
        "endpoint": "The endpoint of the API; without it, it follows from the fields.",
        "estimate_seconds": "The length to reckon with, where the clip follows a file whose length nobody knows.",
        "unset": "Inherited request fields that this shot leaves out.",
    },
}
"""The keys of each table of the tool's own."""
