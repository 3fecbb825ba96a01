"""Inference: greedy generation, and the log-probability of every candidate.

The common prefix of all prompts (instructions, label list, examples) is computed once, and the rest
of a prompt once for both generation and ranking.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from ..model.adapter import TunedModel, begin_cache

TokenIds = list[int]
# of all candidates, for all prompts of a batch: their logits take 0.6 GB with a vocabulary of
# 150,000
MAX_TREE_TOKENS = 1_024


class PrefixCache(NamedTuple):
    """The common prefix of all prompts, and the keys and values of the model after it."""

    ids: TokenIds
    cache: DynamicCache
    learned: int  # tokens with which every cache of the model begins


class CandidateTree:
    """The candidates as a tree of tokens, so that a common beginning is computed once.

    A node is the beginning of a candidate; node 0 is the empty one, the end of the prompt. The last
    token of a candidate needs no node, because no token follows it.
    """

    def __init__(self, answers: Sequence[TokenIds], device: torch.device) -> None:
        nodes = sorted({tuple(ids[:end]) for ids in answers for end in range(1, len(ids))})
        place = {(): 0, **{node: number for number, node in enumerate(nodes, start=1)}}
        follows = [(place[tuple(ids[:k])], ids[k]) for ids in answers for k in range(len(ids))]
        sees = [[node[: len(other)] == other for other in nodes] for node in nodes]
        self.answers = len(answers)
        self.candidates = answers
        self.ids = torch.tensor([node[-1] for node in nodes], dtype=torch.long, device=device)
        self.depth = torch.tensor(
            [len(node) - 1 for node in nodes], dtype=torch.long, device=device
        )
        # each node sees itself and what it continues
        self.sees = torch.tensor(sees, dtype=torch.bool, device=device).view(len(nodes), len(nodes))
        # for every token of every candidate: the node that predicts it, the token, the candidate
        self.predictors = torch.tensor([node for node, _ in follows], device=device)
        self.predicted = torch.tensor([token for _, token in follows], device=device)
        owners = [number for number, ids in enumerate(answers) for _ in ids]
        self.owners = torch.tensor(owners, device=device)


@torch.inference_mode()
def compute_prefix_cache(model: TunedModel, prompts: Sequence[TokenIds]) -> PrefixCache:
    """The cache of the common prefix; at least one token of each prompt is left out of it."""
    first, last = min(prompts), max(prompts)  # in sort order: what these two share, all share
    longest = min(len(prompt) for prompt in prompts) - 1
    same = (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    ids = list(first[: min(next(same, longest), longest)])
    cache = begin_cache(model)
    learned = cache.get_seq_length()
    if ids:
        given = torch.tensor([ids], device=model.device)
        model(input_ids=given, cache=cache, use_cache=True, logits_to_keep=1)
    return PrefixCache(ids, cache, learned)


@torch.inference_mode()
def generate_and_score(
    model: TunedModel,
    prompts: Sequence[TokenIds],
    prefix: PrefixCache,
    tree: CandidateTree,
    *,
    stops: Sequence[int],
    limit: int,
) -> tuple[list[TokenIds], NDArray[np.float64]]:
    """The generated tokens for each prompt, and the log-probability of each candidate.

    Generation is greedy, up to a stop token or `limit` tokens. Log-probabilities are of whole
    candidates, end of turn included; shape [prompts, candidates].
    """
    written: list[TokenIds] = []
    scores = np.empty((len(prompts), tree.answers))
    at_once = max(1, MAX_TREE_TOKENS // max(1, len(tree.ids)))
    if not keeps_whole_text(model):
        return _predict_by_length(model, prompts, prefix, tree, stops=stops, limit=limit)
    for start in range(0, len(prompts), at_once):
        rows = slice(start, start + at_once)
        mask, cache, logits = _prefill_prompts(model, prompts[rows], prefix)
        scores[rows] = _score_tree(model, tree, mask, cache, logits)
        written += _generate(model, mask, cache, logits, stops=stops, limit=limit)
    return written, scores


def keeps_whole_text(model: TunedModel) -> bool:
    """Whether all layers see the whole text.

    A window counts padding, a linear attention passes it on, and neither can step back in a cache.
    """
    layers = DynamicCache(config=model.config).layers
    return all(type(layer) is DynamicLayer for layer in layers)


def _predict_by_length(
    model: TunedModel,
    prompts: Sequence[TokenIds],
    prefix: PrefixCache,
    tree: CandidateTree,
    *,
    stops: Sequence[int],
    limit: int,
) -> tuple[list[TokenIds], NDArray[np.float64]]:
    """The same with prompts of equal length together, which need no padding."""
    written: list[TokenIds] = [[] for _ in prompts]
    scores = np.empty((len(prompts), tree.answers))
    for length in {len(prompt) for prompt in prompts}:
        rows = [row for row, prompt in enumerate(prompts) if len(prompt) == length]
        mask, cache, logits = _prefill_prompts(model, [prompts[row] for row in rows], prefix)
        scores[rows] = _score_each(model, tree.candidates, mask, cache, logits)
        answers = _generate(model, mask, cache, logits, stops=stops, limit=limit)
        for row, answer in zip(rows, answers, strict=True):
            written[row] = answer
    return written, scores


@torch.inference_mode()
def score_candidates(
    model: TunedModel, prompt: TokenIds, answers: Sequence[TokenIds]
) -> NDArray[np.float64]:
    """The log-probability of each candidate after one prompt."""
    mask, cache, logits = _prefill_prompts(model, [prompt], compute_prefix_cache(model, [prompt]))
    if not keeps_whole_text(model):
        return _score_each(model, answers, mask, cache, logits)[0]
    return _score_tree(model, CandidateTree(answers, model.device), mask, cache, logits)[0]


@torch.inference_mode()
def stream_tokens(
    model: TunedModel, prompt: TokenIds, *, stops: Sequence[int], limit: int
) -> Iterator[int]:
    """The generated tokens for one prompt, one by one, up to a stop token or `limit` tokens."""
    prefix = compute_prefix_cache(model, [prompt])
    mask, cache, logits = _prefill_prompts(model, [prompt], prefix)
    for tokens in _iterate_tokens(model, mask, cache, logits, stops=stops, limit=limit):
        yield int(tokens)


def _prefill_prompts(
    model: TunedModel, prompts: Sequence[TokenIds], prefix: PrefixCache
) -> tuple[torch.Tensor, DynamicCache, torch.Tensor]:
    """The padding mask, the cache and the logits of the next token after the prompts."""
    shared, longest = len(prefix.ids), max(map(len, prompts))
    cached = prefix.learned + shared
    ids = torch.zeros(len(prompts), longest - shared, dtype=torch.long)
    mask = torch.ones(len(prompts), prefix.learned + longest, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        padding = longest - len(prompt)  # on the left, so that all prompts end together
        ids[row, padding:] = torch.tensor(prompt[shared:])
        mask[row, cached : cached + padding] = 0
    ids, mask = ids.to(model.device), mask.to(model.device)
    cache = copy.deepcopy(prefix.cache)
    if cached:
        cache.reorder_cache(torch.zeros(len(prompts), dtype=torch.long, device=model.device))
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0)[:, cached:],
        cache=cache,
        use_cache=True,
        # as a tensor: the number 1 gives a view that is not contiguous, and PyTorch then copies
        # the vocabulary matrix once a row
        logits_to_keep=torch.tensor([-1], device=model.device),
    ).logits[:, 0]
    return mask, cache, logits


def _score_tree(
    model: TunedModel,
    tree: CandidateTree,
    mask: torch.Tensor,
    cache: DynamicCache,
    logits: torch.Tensor,
) -> NDArray[np.float64]:
    """The log-probability of each candidate; the cache is cropped back to the prompts."""
    rows, nodes = len(mask), len(tree.ids)
    after = logits[:, None]
    if nodes:
        prompt = mask.bool()[:, None, :].expand(-1, nodes, -1)
        sees = torch.cat([prompt, tree.sees.expand(rows, -1, -1)], dim=2)[:, None]
        hidden = torch.finfo(model.dtype).min
        nodes_after = model(
            input_ids=tree.ids.expand(rows, -1),
            attention_mask=torch.where(sees, 0.0, hidden).to(model.dtype),
            position_ids=mask.sum(dim=1, keepdim=True) + tree.depth,
            cache=cache,
            use_cache=True,
        ).logits
        cache.crop(-nodes)
        after = torch.cat([after, nodes_after], dim=1)
    likely = after.float().log_softmax(dim=-1)[:, tree.predictors, tree.predicted]
    scores = torch.zeros(rows, tree.answers, device=likely.device)
    return scores.index_add(1, tree.owners, likely).double().cpu().numpy()


def _score_each(
    model: TunedModel,
    answers: Sequence[TokenIds],
    mask: torch.Tensor,
    cache: DynamicCache,
    logits: torch.Tensor,
) -> NDArray[np.float64]:
    """The log-probability of each candidate, each after a copy of the prompt; the cache stays."""
    longest = max(map(len, answers))
    tokens = torch.zeros(len(answers), longest, dtype=torch.long, device=mask.device)
    counts = torch.zeros_like(tokens)
    for row, answer in enumerate(answers):  # padded on the right, where no token looks back from
        tokens[row, : len(answer)] = torch.tensor(answer)
        counts[row, : len(answer)] = 1
    scores = torch.empty(len(mask) * len(answers), device=mask.device)
    for pairs in torch.arange(len(scores), device=mask.device).split(
        max(1, MAX_TREE_TOKENS // longest)
    ):
        rows, chosen = pairs // len(answers), pairs % len(answers)
        after = logits[rows][:, None]
        if longest > 1:
            of_pairs = copy.deepcopy(cache)
            of_pairs.reorder_cache(rows)
            given = tokens[chosen, :-1]
            places = torch.arange(longest - 1, device=mask.device)
            behind = model(
                input_ids=given,
                attention_mask=torch.cat([mask[rows], torch.ones_like(given)], dim=1),
                position_ids=mask[rows].sum(dim=1, keepdim=True) + places,
                cache=of_pairs,
                use_cache=True,
            ).logits
            after = torch.cat([after, behind], dim=1)
        likely = after.float().log_softmax(dim=-1)
        likely = likely.gather(2, tokens[chosen][:, :, None])[:, :, 0]
        scores[pairs] = (likely * counts[chosen]).sum(dim=1)
    return scores.view(len(mask), len(answers)).double().cpu().numpy()


def _generate(
    model: TunedModel,
    mask: torch.Tensor,
    cache: DynamicCache,
    logits: torch.Tensor,
    *,
    stops: Sequence[int],
    limit: int,
) -> list[TokenIds]:
    """Greedy generation until every row has a stop token; what a row wrote after it is left out."""
    written = list(_iterate_tokens(model, mask, cache, logits, stops=stops, limit=limit))
    rows: list[TokenIds] = torch.stack(written, dim=1).tolist()
    ends = [next((k for k, token in enumerate(row, 1) if token in stops), None) for row in rows]
    return [row[:end] for row, end in zip(rows, ends, strict=True)]


def _iterate_tokens(
    model: TunedModel,
    mask: torch.Tensor,
    cache: DynamicCache,
    logits: torch.Tensor,
    *,
    stops: Sequence[int],
    limit: int,
) -> Iterator[torch.Tensor]:
    """The next token of every row, until each has a stop token."""
    ends = torch.tensor(list(stops), device=mask.device)
    tokens = logits.argmax(dim=-1)
    ended = torch.isin(tokens, ends)
    yield tokens
    for _ in range(1, limit):
        if ended.all():
            return
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        logits = model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=mask.sum(dim=1, keepdim=True) - 1,
            cache=cache,
            use_cache=True,
        ).logits[:, -1]
        tokens = logits.argmax(dim=-1)
        ended |= torch.isin(tokens, ends)
        yield tokens
