"""The base model from Hugging Face, or from the mirror that HF_ENDPOINT names.

HF_HOME says where the cache is, HF_HUB_OFFLINE=1 uses nothing but the cache, HF_TOKEN opens gated
and private models. No token belongs into config/run.yaml.
"""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    RevisionNotFoundError,
)

from ..config import ModelConfig
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .hub_files import ALLOW_PATTERNS, IGNORE_PATTERNS, explain_offline, find_local_folder
from .verify import ModelFolder, verify_model_folder

# where find_cached_folder finds none
NO_FOLDER_MESSAGE = (
    "the model is not on this machine yet: make check and make train will check the row lengths"
)


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """The model in the cache, fetched where it is not there yet, and the commit that it is.

    A `model.id` that is a local folder is used without a download, for models copied by hand.
    """
    if brought := find_local_folder(model):
        return verify_model_folder(brought, None, hint=explain_offline("hf", model))
    try:
        snapshot = _download_snapshot(model, offline=False)
    except (HTTPError, HFValidationError, OSError) as error:
        raise _explain_error(error, model) from error
    return verify_model_folder(
        snapshot,
        snapshot.name,  # the cache names a snapshot after its commit
        hint=fill(
            "run again with network access; if the model has no safetensors weights, "
            "choose another model.id"
        ),
    )


def find_cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it is on this machine; nothing is fetched."""
    if brought := find_local_folder(model):
        return brought
    try:
        return _download_snapshot(model, offline=True)
    except (HFValidationError, OSError):
        return None


def _download_snapshot(model: ModelConfig, *, offline: bool) -> Path:
    return Path(
        snapshot_download(
            model.id,
            revision=model.revision,
            allow_patterns=ALLOW_PATTERNS,
            ignore_patterns=IGNORE_PATTERNS,
            local_files_only=offline,
        )
    )


def _explain_error(error: Exception, model: ModelConfig) -> ProjectError:
    hub = constants.ENDPOINT
    match error:
        case HFValidationError():
            return ProjectError(
                "model.id is {id}, which is neither a folder on this machine nor a valid "
                "model name",
                "write the path of a model folder, or ORGANISATION/MODEL",
                id=repr(model.id),
            )
        case GatedRepoError():
            return ProjectError(
                "{id} is gated, and {hub} denied access",
                "accept its terms at {hub}/{id}, then run `hf auth login` or set HF_TOKEN",
                id=model.id,
                hub=hub,
            )
        case RevisionNotFoundError():
            return ProjectError(
                "{id} has no revision {revision}",
                "set model.revision to a commit, tag or branch of {hub}/{id}/commits/main",
                id=model.id,
                revision=repr(model.revision),
                hub=hub,
            )
        case HfHubHTTPError() if error.response.status_code in (401, 404):
            return ProjectError(
                "{hub} has no model {id}, or you have no access to it",
                "correct model.id; for a private model run `hf auth login` or set HF_TOKEN",
                hub=hub,
                id=repr(model.id),
            )
    if constants.HF_HUB_OFFLINE:
        return ProjectError(
            "HF_HUB_OFFLINE is set, and {id} is not complete in {cache}",
            "run once without HF_HUB_OFFLINE; or {bring}",
            id=model.id,
            cache=constants.HF_HUB_CACHE,
            bring=explain_offline("hf", model),
        )
    reason = str(error.__cause__ or error).strip().partition("\n")[0]
    return ProjectError(
        "{id} could not be fetched from {hub}: {reason}",
        "set HF_ENDPOINT to a mirror that can be reached; or {bring}",
        id=model.id,
        hub=hub,
        reason=reason,
        bring=explain_offline("hf", model),
    )
