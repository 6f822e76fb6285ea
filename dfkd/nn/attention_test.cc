#include "dfkd/nn/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr int64_t kWidth = 6, kHeads = 2, kHeadWidth = kWidth / kHeads;

// Head by head, by the formula. Where `seen` [L, L] is false, a token does not look.
at::Tensor ByTheFormula(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                        const at::Tensor& seen) {
  at::Tensor out = v.detach().clone();
  for (int64_t head = 0; head < kHeads; ++head) {
    const auto part = [head](const at::Tensor& x) {
      return x.narrow(2, head * kHeadWidth, kHeadWidth);
    };
    const at::Tensor scores = part(q).matmul(part(k).transpose(1, 2)) / std::sqrt(kHeadWidth * 1.0);
    const at::Tensor weights = at::softmax(
        scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity()), -1);
    part(out).copy_(weights.matmul(part(v)));
  }
  return out;
}

struct Input {
  at::Tensor q = DeterministicTensor({2, 5, kWidth}, 1);
  at::Tensor k = DeterministicTensor({2, 5, kWidth}, 2);
  at::Tensor v = DeterministicTensor({2, 5, kWidth}, 3);
};

TEST(AttentionTest, IsTheFormulasForEachHead) {
  const Input in;
  const at::Tensor all = at::ones({5, 5}, at::kBool);
  EXPECT_LT(MaxDifference(Attend(in.q, in.k, in.v, kHeads), ByTheFormula(in.q, in.k, in.v, all)),
            1e-6);
}

TEST(AttentionTest, CausalSeesNothingThatFollows) {
  const Input in;
  const at::Tensor before = at::ones({5, 5}, at::kBool).tril();
  EXPECT_LT(MaxDifference(Attend(in.q, in.k, in.v, kHeads, {.mask = {}, .causal = true}),
                          ByTheFormula(in.q, in.k, in.v, before)),
            1e-6);
}

TEST(AttentionTest, WhatAMaskHidesDoesNotCount) {
  const Input in;
  at::Tensor mask = at::ones({1, 1, 1, 5}, at::kBool);
  mask.select(3, 3).fill_(false);
  EXPECT_LT(MaxDifference(Attend(in.q, in.k, in.v, kHeads, {.mask = mask}),
                          ByTheFormula(in.q, in.k, in.v, mask.view({1, 5}).expand({5, 5}))),
            1e-6);
}

// Parts of one product, as networks give them: not contiguous.
TEST(AttentionTest, TakesPartsOfOneTensorAndGivesThemGradients) {
  at::Tensor qkv = DeterministicTensor({2, 5, 3 * kWidth}, 4);
  qkv.requires_grad_();
  const std::vector<at::Tensor> parts = qkv.chunk(3, -1);
  const at::Tensor attended = Attend(parts[0], parts[1], parts[2], kHeads);
  EXPECT_EQ(attended.sizes(), parts[0].sizes());
  attended.square().sum().backward();
  for (const at::Tensor& part : qkv.grad().chunk(3, -1)) {
    EXPECT_GT(part.abs().max().item<double>(), 0);
  }
}

}  // namespace
}  // namespace dfkd
