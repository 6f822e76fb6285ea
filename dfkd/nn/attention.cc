#include "dfkd/nn/attention.h"

#include <ATen/ops/scaled_dot_product_attention.h>

#include <optional>

namespace dfkd {

at::Tensor Attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  int64_t heads, const AttentionOptions& options) {
  const auto split = [heads](const at::Tensor& x) {  // [N, heads, L, W / heads]
    return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
  };
  const std::optional<at::Tensor> mask =
      options.mask.defined() ? std::make_optional(options.mask) : std::nullopt;
  const at::Tensor attended = at::scaled_dot_product_attention(
      split(query), split(key), split(value), mask, /*dropout_p=*/0, options.causal);
  return attended.transpose(1, 2).reshape(query.sizes());
}

}  // namespace dfkd
