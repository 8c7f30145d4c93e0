"""The film handed over: timelines for editors, a shot list for spreadsheets, a contact sheet for the wall."""

from kling_render.exports.export import FORMS, Exported, Form, export

__all__ = ["FORMS", "Exported", "Form", "export"]
