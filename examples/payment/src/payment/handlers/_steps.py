"""What the workflow's steps share: their events, checked, and their answers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from ..application.list_import import Step, Upload
from ..application.staging import Part


class StepEvent(BaseModel):
    """A step's input. Unknown members pass: an execution that is under way may still send what was once needed."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    list_id: str


class PartEvent(StepEvent):
    """The input of one child of the import."""

    part: Part


class UploadEvent(BaseModel):
    """An announced file: ``path`` as Transfer writes it ("/bucket/key"), or ``bucket`` and ``key`` as S3 does.

    S3 also names the ``version``. ``failed`` is the id of Transfer's event for an upload that broke off.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    bucket: str
    key: str
    version: str | None = None
    failed: str = ""

    @model_validator(mode="before")
    @classmethod
    def _split_path(cls, values: dict[str, Any]) -> dict[str, Any]:
        if "path" not in values:
            return values
        bucket, _, key = str(values["path"]).removeprefix("/").partition("/")
        return {**values, "bucket": bucket, "key": key}


class RegisterEvent(BaseModel):
    """The input of the first step; ``execution`` is the ARN of the execution that asks."""

    model_config = ConfigDict(hide_input_in_errors=True)

    upload: UploadEvent
    execution: str

    def uploaded(self) -> Upload:
        """Return the announced file."""
        return Upload(self.upload.bucket, self.upload.key, self.upload.version, broken_by=self.upload.failed)


def answer(step: Step) -> dict[str, str]:
    """Return what a step tells the workflow: never a result, only which list and which way to go."""
    return {"list_id": step.list_id, "outcome": step.outcome.value}
