"""Estimate the peak memory of one device, part by part.

`make bench` compares the estimate with what others publish (benchmarks/memory.py): the constants
here are fitted on two thirds of those points and judged on the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

from newft.schema.family import ModelSpec
from newft.schema.plan import MemoryPart, MemoryPartName

Range = tuple[float, float]
NOTHING: Range = (0.0, 0.0)
BYTES_PER_GB = 1e9
BYTES_PER_WEIGHT = {"fp32": 4, "bf16": 2, "fp16": 2}

# Buffers beside the weights: rotary tables, norms in 32 bit. Published peaks need no more.
WEIGHTS_MARGIN = 1.02
# What autograd saves without checkpointing, in multiples of the counted tensors: litgpt publishes
# 1.17 times the lower count for Llama 2 7B (two batch sizes, tutorials/resource-tables.md).
SAVED_MARGIN: Range = (0.9, 1.15)
BYTES_PER_DROPPED = 1  # the mask of a dropout
# peft publishes 2.2 GB more with DoRA on queries and values of Llama 3.2 3B, at 3,072 tokens
# (method_comparison/MetaMathQA/results): three 16-bit copies of what they put out.
COPIES_OF_OUTPUTS = 3
# With checkpointing, one layer at a time is computed again: its tensors and their gradients, in
# multiples of the lower count. Published: 1.65 for Llama 3 8B and Mistral 7B, 2.0 in pure bf16
# (slopes over the batch size, foundation-model-stack/fms-acceleration, scripts/benchmarks/refs).
RECOMPUTED_MARGIN: Range = (1.2, 2.1)
# A logit, its log-probability and the gradients of both: 8 bytes where all four are in 16 bit, 14
# where the loss is computed in 32 bit from 16-bit logits, 16 where these are in 32 bit, too. Copies
# (shifted by one token, or turned to 32 bit by accelerate) come on top. Allocated in one step on a
# T4, with the last norm: 12.1 to 14.4 and 16.3 to 17.6 (fitcheck-llm, data/measurements). litgpt,
# with LoRA on the head, publishes up to 17.
BYTES_PER_LOGIT: Range = (8, 16)
BYTES_PER_WIDE_LOGIT: Range = (14, 18)
FEW_COPIES_BYTES = 6  # of them at least, where the loss is computed in place or in pieces
# A fused cross-entropy (Liger, cut cross-entropy) has the logits of some rows at a time only.
FUSED_ROWS = 8192
BYTES_PER_FUSED_LOGIT: Range = (0, 6)
# Scores that eager attention saves for the backward pass: what the softmax puts out, in 16 bit (the
# models' own code, such as Qwen's) or in 32 bit with a 16-bit copy (transformers); in 32 bit, 4.
BYTES_PER_SCORE: Range = (2, 6)
# In the backward pass of one layer, the gradients of the copy, of the softmax and of its input are
# there, too. The same runs on a T4: 11.2 to 12.7 bytes in 16 bit, 13.4 to 15.8 in 32 bit.
BYTES_PER_COMPUTED_SCORE: Range = (10, 12)
BYTES_PER_WIDE_SCORE: Range = (12, 16)
# Beyond what is allocated: the CUDA context with the kernels of one process, and freed blocks that
# the allocator keeps. The context takes 0.15 GB on a T4, 1.0 on an A100 (fms-acceleration:
# device less allocated), up to 1.5 where all kernels are loaded at once (Qwen, torch 2.0). Of what
# changes during a step, 4 to 12 % are kept, and up to 7 bytes a logit (on the T4, with equal rows,
# both together up to half); of the scores of eager attention, 5 to 13 bytes each.
DEVICE_CONTEXT: Range = (0.1, 1.5)  # GB
KEPT_SHARE: Range = (0.04, 0.12)
KEPT_BYTES_PER_LOGIT = 7
KEPT_BYTES_PER_SCORE = 10
# The mask of packed rows, for each pair of tokens in a sequence. Every layer turns it into numbers
# of its precision and saves these for the backward pass (torch's saved_tensors_hooks, sdpa).
BYTES_PER_MASK = 1
DEVICE_CONTEXT_GB = DEVICE_CONTEXT[1]
# On a CPU the process keeps freed tensors: measured on SmolLM2, 76 to 86 KB per token and layer in
# fp32 and 53 to 56 KB in bf16, where autograd saves 40 to 47 and 27 to 29 KB; with gradient
# checkpointing 25 to 30 KB and 20. Both are multiples of what autograd saves without checkpointing,
# the lower ones with a fifth to spare: of its lower count, the upper ones of its upper count.
SAVED_MARGIN_CPU: Range = (1.6, 2.4)
RECOMPUTED_MARGIN_CPU: Range = (0.5, 0.8)
BYTES_PER_LOGIT_CPU: Range = (2, 14)
# Measured: 0.22 GB once Python has torch, 0.39 with transformers and peft; in training, a peak of
# 1.0 GB with 0.52 GB of weights, SmolLM2 on a CPU
PROCESS: Range = (0.25, 0.5)  # GB
PROCESS_GB = PROCESS[1]
# The ends of a range are sums in which every part is at its least or at its most. Where they are
# further apart than this factor, both are drawn in by the same factor.
MAX_WIDTH = 2.0


@dataclass(frozen=True)
class TrainingState:
    """What a method keeps in memory between two steps, in bytes, lowest and highest."""

    weights: Range
    adapter: Range = NOTHING  # trained weights beside those of the model
    gradients: Range = NOTHING
    optimizer: Range = NOTHING
    step: Range = NOTHING  # in a step of the optimizer alone, when no activations are there
    # bytes of one element of the hidden states that the blocks pass on; None: those of a weight
    hidden_bytes: Range | None = None
    quantized: bool = False  # modules in 4 or 8 bit keep their inputs for the backward pass
    trained_layers: int | None = None  # the last blocks, if only those are trained
    dropout: bool = False  # of the inputs of adapters, which are then saved once more
    keeps_outputs: bool = False  # DoRA scales what modules put out, and saves it
    prefix: int = 0  # learned tokens that the attention of every layer sees before a row
    prefix_activations: Range = NOTHING  # that are saved for one such token of one row

    @property
    def total(self) -> Range:
        """The sum of the parts."""
        return _sum_ranges(self.weights, self.adapter, self.gradients, self.optimizer)


# The state of a model in a precision
StateEstimator = Callable[[ModelSpec, str], TrainingState]


@dataclass(frozen=True)
class Workload:
    """What the memory use of one device depends on."""

    state: StateEstimator
    precision: str
    batch_size: int
    length: int  # tokens
    checkpointing: bool
    logits_per_row: int  # the project computes logits only for the tokens of the target
    on_cpu: bool = False
    processes: int = 1  # with several, each has the whole model and exchanges its gradients
    attention: str = "sdpa"
    fused_loss: bool = False  # logits are never there all at once
    few_copies: bool = False  # the loss is computed in place or in pieces
    packed: bool = False  # several rows share a sequence, which then has a mask

    def pack(self, tokens: int, rows: int) -> Workload:
        """Return the workload of a sequence of so many tokens that may hold so many rows."""
        logits = min(tokens, rows * self.logits_per_row)
        return replace(self, batch_size=1, length=tokens, logits_per_row=logits, packed=True)


class MemoryParts(NamedTuple):
    """The parts of the peak, in bytes, lowest and highest."""

    weights: Range
    adapter: Range
    gradients: Range
    optimizer: Range
    activations: Range
    logits: Range
    reserve: Range  # context of the device or process, and memory that the allocator keeps

    @property
    def allocated(self) -> Range:
        """The peak of what PyTorch allocates, in GB: without the reserve."""
        return _limit_width(_to_gb(_sum_ranges(*self[:-1])))

    @property
    def total(self) -> Range:
        """The peak of the device, in GB."""
        return _limit_width(_to_gb(_sum_ranges(*self)))

    def narrow(self) -> MemoryParts:
        """Draw in the ends of all parts alike, so that they make up the total."""
        low, high = _sum_ranges(*self)
        if high <= MAX_WIDTH * low:
            return self
        least, most = _limit_width((low, high))
        raised, cut = (least - low) / (high - low), (high - most) / (high - low)
        return MemoryParts(
            *(
                (least + raised * (most - least), most - cut * (most - least))
                for least, most in self
            )
        )


def estimate_memory_range(size: ModelSpec, load: Workload) -> Range:
    """Estimate the lowest and highest peak memory of one device, in GB of 1e9 bytes."""
    return estimate_memory_parts(size, load).total


def list_memory_parts(size: ModelSpec, load: Workload) -> tuple[MemoryPart, ...]:
    """List the parts of the peak in GB, those that take nothing left out."""
    parts = estimate_memory_parts(size, load).narrow()
    names: tuple[MemoryPartName, ...] = get_args(MemoryPartName)
    sizes = {name: _to_gb(getattr(parts, name)) for name in names}
    return tuple(MemoryPart(name, part) for name, part in sizes.items() if part[1] > 0)


def estimate_memory_parts(size: ModelSpec, load: Workload) -> MemoryParts:
    """Estimate what the peak consists of.

    A step peaks where the forward pass ends, with the logits, or where a layer is computed again:
    the smaller of the two is left out.
    """
    state = load.state(size, load.precision)
    saved, computed = _estimate_activations(size, load, state)
    logits = _estimate_logits(size, load)
    low_logits = logits[0] if logits[0] > computed[0] else 0.0
    high_logits = logits[1] if logits[1] > computed[1] else 0.0
    activations = (
        saved[0] + (0.0 if low_logits else computed[0]),
        saved[1] + (0.0 if high_logits else computed[1]),
    )
    # at the end of the forward pass of a first batch, there are no gradients yet
    low_gradients = max(0.0, state.gradients[0] - activations[0] - low_logits)
    exchanged = 2 if load.processes > 1 else 1
    step = (
        max(0.0, state.step[0] - activations[0] - low_logits),
        max(0.0, state.step[1] - activations[1] - high_logits),
    )
    changing = (activations[0] + low_logits, activations[1] + high_logits)
    return MemoryParts(
        weights=state.weights,
        adapter=state.adapter,
        gradients=(low_gradients, state.gradients[1] * exchanged),
        optimizer=_sum_ranges(state.optimizer, step),
        activations=activations,
        logits=(low_logits, high_logits),
        reserve=_estimate_reserve(size, load, state, changing),
    )


def estimate_activation_bytes(size: ModelSpec, precision: str) -> Range:
    """Estimate the activation bytes saved per token and layer if all linear modules are trained.

    The lower bound holds without padding. The upper bound holds with a padding mask, for which keys
    and values are repeated for every query head. With LoRA, torch's saved_tensors_hooks measure on
    SmolLM2, in thousands of bytes: 40.2 and (with the mask) 45 to 47 in fp32, estimated as 39.9 and
    43.0; 26.7 and 28.8 in bf16 under autocast, estimated as at most 28.4.
    """
    hidden, inner = size.hidden, _count_active_inner(size)
    query, key = _count_attention_widths(size)
    # inputs and outputs of two norms; queries, output, keys, values; gate, its SiLU, up, product
    least = BYTES_PER_WEIGHT[precision] * (4 * hidden + 2 * query + 2 * key + 4 * inner)
    # each expert of a token reads a copy of its input and writes its own output
    copied = 2 * hidden * size.experts.per_token if size.experts else 0
    if precision == "fp32":
        return least, 4 * (4 * hidden + 4 * query + 4 * inner + copied)
    # norms compute in 32 bit; under autocast each linear module saves a copy of its input
    copies = 4 * 2 * hidden + 2 * (5 * hidden + query + inner)
    return least, copies + 2 * (4 * query + 3 * inner + copied)


def _estimate_activations(
    size: ModelSpec, load: Workload, state: TrainingState
) -> tuple[Range, Range]:
    """Estimate what is saved for the backward pass, and what is computed again with it."""
    tokens = load.batch_size * load.length
    layers = size.layers if state.trained_layers is None else state.trained_layers
    least, most = (tokens * each for each in estimate_activation_bytes(size, load.precision))
    count = _count_scores(size, load, state)
    scores = _scale(count, BYTES_PER_SCORE)
    wide = load.precision == "fp32"
    again = _scale(count, BYTES_PER_WIDE_SCORE if wide else BYTES_PER_COMPUTED_SCORE)
    mask, copy = _estimate_masks(load)
    if load.checkpointing:
        width = state.hidden_bytes or (BYTES_PER_WEIGHT[load.precision],) * 2
        inputs = tokens * layers * size.hidden
        if load.on_cpu:
            low, high = RECOMPUTED_MARGIN_CPU
            return NOTHING, (least * layers * low, most * layers * high + again[1])
        computed = (least * RECOMPUTED_MARGIN[0], least * RECOMPUTED_MARGIN[1])
        saved = (inputs * width[0] + mask, inputs * width[1] + mask)
        return saved, _sum_ranges(computed, again, (copy, copy))
    margin = SAVED_MARGIN_CPU if load.on_cpu else SAVED_MARGIN
    inner, (query, key) = _count_active_inner(size), _count_attention_widths(size)
    element = BYTES_PER_WEIGHT[load.precision]
    if state.quantized:
        kept = tokens * element * (4 * size.hidden + inner)
        least, most = least + kept, most + kept
    if state.keeps_outputs:
        outputs = query + 2 * key + 2 * size.hidden + 2 * inner
        most += COPIES_OF_OUTPUTS * tokens * element * outputs
    if state.dropout:
        element += BYTES_PER_DROPPED
        most += tokens * element * (5 * size.hidden + query + inner)
    before = _scale(load.batch_size * state.prefix, state.prefix_activations)
    saved = (
        (layers * least + before[0]) * margin[0] + layers * (scores[0] + copy) + mask,
        (layers * most + before[1]) * margin[1] + layers * (scores[1] + copy) + mask,
    )
    return saved, (0.0, again[1] - scores[1])


def _count_scores(size: ModelSpec, load: Workload, state: TrainingState) -> int:
    """Count the attention scores of one layer, which eager attention keeps."""
    if load.attention != "eager":
        return 0
    return load.batch_size * size.heads * load.length * (state.prefix + load.length)


def _estimate_masks(load: Workload) -> tuple[int, int]:
    """Estimate the mask of a packed sequence, and the copy of it that each layer makes."""
    pairs = load.length**2 if load.packed else 0
    return pairs * BYTES_PER_MASK, pairs * BYTES_PER_WEIGHT[load.precision]


def _estimate_logits(size: ModelSpec, load: Workload) -> Range:
    rows = load.batch_size * load.logits_per_row
    low, high = BYTES_PER_WIDE_LOGIT if load.precision == "fp32" else BYTES_PER_LOGIT
    if load.on_cpu:
        low, high = BYTES_PER_LOGIT_CPU
    if load.fused_loss:
        rows, (low, high) = min(rows, FUSED_ROWS), BYTES_PER_FUSED_LOGIT
    elif load.few_copies:
        low = min(low, FEW_COPIES_BYTES)
    return rows * size.vocabulary * low, rows * size.vocabulary * high


def _estimate_reserve(
    size: ModelSpec, load: Workload, state: TrainingState, changing: Range
) -> Range:
    if load.on_cpu:
        return _scale(BYTES_PER_GB, PROCESS)
    low, high = (context * BYTES_PER_GB for context in DEVICE_CONTEXT)
    logits = 0 if load.fused_loss else load.batch_size * load.logits_per_row * size.vocabulary
    return (
        low + KEPT_SHARE[0] * changing[0],
        high
        + KEPT_SHARE[1] * changing[1]
        + KEPT_BYTES_PER_LOGIT * logits
        + KEPT_BYTES_PER_SCORE * _count_scores(size, load, state),
    )


def _count_active_inner(size: ModelSpec) -> int:
    """Count the width of the MLP that a token passes: of all its experts together."""
    experts = size.experts
    if experts is None:
        return size.intermediate
    return experts.per_token * experts.intermediate + experts.shared_intermediate


def _count_attention_widths(size: ModelSpec) -> tuple[int, int]:
    """Count the widths of queries and of keys, those of the widest kind of layer."""
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    if latent := size.latent_attention:
        query = size.heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
        key = query
    if linear := size.linear_attention:
        query = max(query, linear.value_heads * linear.value_head_dim)
        key = max(key, linear.key_heads * linear.key_head_dim)
    if mixed := size.mixed_layers:
        query = max(query, size.heads * mixed.global_head_dim)
        key = max(key, mixed.global_kv_heads * mixed.global_head_dim)
    return query, key


def _sum_ranges(*parts: Range) -> Range:
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def _scale(count: float, width: Range) -> Range:
    return count * width[0], count * width[1]


def _to_gb(part: Range) -> Range:
    return part[0] / BYTES_PER_GB, part[1] / BYTES_PER_GB


def _limit_width(total: Range) -> Range:
    low, high = total
    if high <= MAX_WIDTH * low:
        return total
    middle = math.sqrt(low * high)
    return middle / math.sqrt(MAX_WIDTH), middle * math.sqrt(MAX_WIDTH)
