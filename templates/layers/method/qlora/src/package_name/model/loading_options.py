"""How the weights of the base model are kept in memory: in 4 bit (NF4), as QLoRA does.

Dettmers et al. 2023, arXiv:2305.14314. What a device supports is tried on it, for bitsandbytes has
4-bit kernels for more and more of them.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import BitsAndBytesConfig

from ..runtime.errors import ProjectError
from ..runtime.messages import fill

PROBE_WIDTH = 128  # of a matrix that is quantised and multiplied: two blocks of 64 weights


def choose_loading_options(dtype: torch.dtype, on: torch.device) -> dict[str, Any]:
    """The options of `from_pretrained` for a precision and a device; refuses one without 4 bit."""
    _refuse_device_without_4_bit(dtype, on)
    _keep_weights_as_packed()
    in_4_bit = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    # each weight is quantised as it arrives on the device: the whole never lies there in 16 bit
    return {"dtype": dtype, "quantization_config": in_4_bit, "device_map": {"": on}}


def _refuse_device_without_4_bit(dtype: torch.dtype, on: torch.device) -> None:
    """Multiply a 4-bit matrix on the device, forwards and backwards, and compare the product."""
    try:
        from bitsandbytes.nn import Linear4bit

        exact = torch.nn.Linear(PROBE_WIDTH, PROBE_WIDTH, bias=False)
        packed = Linear4bit(
            PROBE_WIDTH, PROBE_WIDTH, bias=False, compute_dtype=dtype, quant_type="nf4"
        )
        packed.load_state_dict(exact.state_dict())
        packed = packed.to(on)
        given = torch.ones(1, PROBE_WIDTH, dtype=dtype, device=on, requires_grad=True)
        product = packed(given)
        product.sum().backward()
        expected = exact.weight.sum(dim=1).to(on)
        works = given.grad is not None and torch.allclose(product[0].float(), expected, atol=0.5)
        reason = "" if works else fill("the product is wrong")
    except (ImportError, RuntimeError, NotImplementedError, AttributeError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
    if reason:
        raise ProjectError(
            "weights in 4 bit do not work on {device}: {reason}",
            "pip install -U bitsandbytes; or generate another project: newft new FOLDER "
            "--method lora",
            device=on,
            reason=reason,
        )


def _keep_weights_as_packed() -> None:
    """Answer on a CPU with the weights with which it trains.

    With AVX512-BF16, bitsandbytes 0.50 packs them anew at the first evaluation, for a product that
    has no gradient: training would go on after it as if the frozen weights were not there.
    """
    from bitsandbytes.nn import modules

    modules.has_avx512bf16 = lambda: False
