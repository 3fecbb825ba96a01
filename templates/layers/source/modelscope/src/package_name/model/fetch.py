"""The base model from ModelScope.

MODELSCOPE_CACHE says where the cache is, MODELSCOPE_ENDPOINT names another address, and
MODELSCOPE_API_TOKEN opens private models. No token belongs into config/run.yaml.
"""

from __future__ import annotations

import os
from pathlib import Path

from modelscope_hub.errors import HubError, NetworkError

from ..config import ModelConfig
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .hub_files import ALLOW_PATTERNS, IGNORE_PATTERNS, explain_offline, find_local_folder
from .verify import ModelFolder, verify_model_folder

# where find_cached_folder finds none
NO_FOLDER_MESSAGE = (
    "the model is not on this machine yet: make check and make train will check the row lengths"
)
DEFAULT_REVISION = "master"


def fetch_model_folder(model: ModelConfig) -> ModelFolder:
    """The model in the cache, fetched where it is not there yet, and the revision asked for.

    A pinned revision that is complete in the cache needs no network. A `model.id` that is a folder
    here is used without a download, for models copied by hand.
    """
    if brought := find_local_folder(model):
        return verify_model_folder(brought, None, hint=explain_offline("modelscope", model))
    if model.revision and (cached := _find_complete_snapshot(model)):
        return cached
    try:
        return _download_snapshot(model, offline=False)
    except NetworkError as error:
        if cached := _find_complete_snapshot(model):
            return cached
        raise ProjectError(
            "{hub} cannot be reached, and {id} is not complete in the cache",
            "{bring}",
            hub=_get_hub_url(),
            id=model.id,
            bring=explain_offline("modelscope", model),
        ) from error
    except (HubError, OSError) as error:
        raise _explain_error(error, model) from error


def find_cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it is on this machine; nothing is fetched."""
    if brought := find_local_folder(model):
        return brought
    cached = _find_complete_snapshot(model)
    return cached.path if cached else None


def _download_snapshot(model: ModelConfig, *, offline: bool) -> ModelFolder:
    from modelscope import snapshot_download  # takes seconds, and a folder does not need it

    folder = snapshot_download(
        model.id,
        revision=model.revision,
        allow_patterns=ALLOW_PATTERNS,
        ignore_patterns=IGNORE_PATTERNS,
        local_files_only=offline,
    )
    return verify_model_folder(
        Path(folder),
        model.revision or DEFAULT_REVISION,
        hint=fill(
            "run again with network access; if the model has no safetensors weights, "
            "choose another model.id"
        ),
    )


def _find_complete_snapshot(model: ModelConfig) -> ModelFolder | None:
    try:
        cached = _download_snapshot(model, offline=True)
    except (HubError, ProjectError):
        return None
    # older clients kept one folder for all revisions: it may hold any of them
    return cached if model.revision in (None, cached.path.name) else None


def _explain_error(error: Exception, model: ModelConfig) -> ProjectError:
    statuses = [getattr(raised, "status_code", None) for raised in (error, error.__cause__)]
    if 404 in statuses:
        return ProjectError(
            "{hub} has no model {id} at revision {revision}, or you have no access to it",
            "correct model.id and model.revision; for a private model set MODELSCOPE_API_TOKEN",
            hub=_get_hub_url(),
            id=repr(model.id),
            revision=repr(model.revision or DEFAULT_REVISION),
        )
    if 401 in statuses or 403 in statuses:
        return ProjectError(
            "{hub} denies access to {id}",
            "ask for access at {hub}/models/{id}, then set MODELSCOPE_API_TOKEN",
            hub=_get_hub_url(),
            id=model.id,
        )
    reason = str(error).partition("\n")[0]
    return ProjectError(
        "{id} could not be fetched from {hub}: {reason}",
        "{bring}",
        id=model.id,
        hub=_get_hub_url(),
        reason=reason,
        bring=explain_offline("modelscope", model),
    )


def _get_hub_url() -> str:
    return os.environ.get("MODELSCOPE_ENDPOINT", "https://modelscope.cn")
