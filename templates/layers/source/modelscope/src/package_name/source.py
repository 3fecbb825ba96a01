"""The base model from ModelScope.

MODELSCOPE_CACHE says where the cache is, MODELSCOPE_ENDPOINT names another address, and
MODELSCOPE_API_TOKEN opens private models. No token belongs into config/run.yaml.
"""

from __future__ import annotations

import os
from pathlib import Path

from modelscope_hub.errors import HubError, NetworkError

from .config import ModelConfig
from .errors import ProjectError
from .messages import fill
from .model_files import UNWANTED, WANTED, ModelFolder, bring, complete, local_folder

DEFAULT_REVISION = "master"


def model_folder(model: ModelConfig) -> ModelFolder:
    """The model in the cache, fetched where it is not there yet, and the revision asked for.

    A pinned revision that is complete in the cache needs no network. A `model.id` that is a folder
    here is used as it is: the way to bring a model by hand.
    """
    if brought := local_folder(model):
        return complete(brought, None, hint=_bring(model))
    if model.revision and (cached := _cached(model)):
        return cached
    try:
        return _snapshot(model, offline=False)
    except NetworkError as error:
        if cached := _cached(model):
            return cached
        raise ProjectError(
            "{hub} cannot be reached, and {id} is not complete in the cache",
            "{bring}",
            hub=_hub(),
            id=model.id,
            bring=_bring(model),
        ) from error
    except (HubError, OSError) as error:
        raise _explain_error(error, model) from error


def cached_folder(model: ModelConfig) -> Path | None:
    """The folder of the model, if it is on this machine; nothing is fetched."""
    if brought := local_folder(model):
        return brought
    cached = _cached(model)
    return cached.path if cached else None


def _snapshot(model: ModelConfig, *, offline: bool) -> ModelFolder:
    from modelscope import snapshot_download  # takes seconds, and a folder does not need it

    folder = snapshot_download(
        model.id,
        revision=model.revision,
        allow_patterns=WANTED,
        ignore_patterns=UNWANTED,
        local_files_only=offline,
    )
    return complete(
        Path(folder),
        model.revision or DEFAULT_REVISION,
        hint=fill(
            "run again with a network; if the model has no safetensors, choose another model.id"
        ),
    )


def _cached(model: ModelConfig) -> ModelFolder | None:
    try:
        cached = _snapshot(model, offline=True)
    except (HubError, ProjectError):
        return None
    # older clients kept one folder for all revisions: it may hold any of them
    return cached if model.revision in (None, cached.path.name) else None


def _explain_error(error: Exception, model: ModelConfig) -> ProjectError:
    statuses = [getattr(raised, "status_code", None) for raised in (error, error.__cause__)]
    if 404 in statuses:
        return ProjectError(
            "{hub} has no model {id} at revision {revision}, or does not show it to you",
            "correct model.id and model.revision; for a private model set MODELSCOPE_API_TOKEN",
            hub=_hub(),
            id=repr(model.id),
            revision=repr(model.revision or DEFAULT_REVISION),
        )
    if 401 in statuses or 403 in statuses:
        return ProjectError(
            "{hub} does not let you read {id}",
            "ask for access at {hub}/models/{id}, then set MODELSCOPE_API_TOKEN",
            hub=_hub(),
            id=model.id,
        )
    reason = str(error).partition("\n")[0]
    return ProjectError(
        "{id} could not be fetched from {hub}: {reason}",
        "{bring}",
        id=model.id,
        hub=_hub(),
        reason=reason,
        bring=_bring(model),
    )


def _hub() -> str:
    return os.environ.get("MODELSCOPE_ENDPOINT", "https://modelscope.cn")


def _bring(model: ModelConfig) -> str:
    revision = f" --revision {model.revision}" if model.revision else ""
    return bring(f"modelscope download {model.id}{revision} --local-dir {Path(model.id).name}")
