// Scaled dot-product attention over several heads; what text encoders and vision transformers
// share.
#ifndef DFKD_NN_ATTENTION_H_
#define DFKD_NN_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dfkd {

struct AttentionOptions {
  at::Tensor mask;      // bool, broadcast to [N, heads, L, L]; false: not looked at. Undefined: all
  bool causal = false;  // a token sees itself and those before it; excludes a mask
};

// query, key and value [N, L, W] are cut along W into `heads` parts, which must divide W; each
// part's softmax(q k^T / sqrt(W / heads)) v, side by side again: [N, L, W].
at::Tensor Attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  int64_t heads, const AttentionOptions& options = {});

}  // namespace dfkd

#endif  // DFKD_NN_ATTENTION_H_
