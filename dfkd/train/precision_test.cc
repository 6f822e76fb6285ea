#include "dfkd/train/precision.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace dfkd {
namespace {

constexpr Processor kWithTiles = {.has_amx_bf16 = true};
constexpr Processor kWithout = {.has_amx_bf16 = false};
const at::Device kCpu = at::kCPU;
const at::Device kGpu = at::Device(at::kCUDA, 0);

TEST(ChoosePrecisionTest, AutoIsBf16OnlyOnACpuThatMultipliesTilesOfIt) {
  EXPECT_EQ(ChoosePrecision(TrainSpec::AUTO, kCpu, kWithTiles), TrainSpec::BF16);
  EXPECT_EQ(ChoosePrecision(TrainSpec::AUTO, kCpu, kWithout), TrainSpec::FP32);
  EXPECT_EQ(ChoosePrecision(TrainSpec::AUTO, kGpu, kWithTiles), TrainSpec::FP32);
  EXPECT_EQ(ChoosePrecision(TrainSpec::AUTO, kGpu, kWithout), TrainSpec::FP32);
}

TEST(ChoosePrecisionTest, WhatWasAskedForStays) {
  for (const Processor& processor : {kWithTiles, kWithout}) {
    for (const at::Device device : {kCpu, kGpu}) {
      EXPECT_EQ(ChoosePrecision(TrainSpec::FP32, device, processor), TrainSpec::FP32);
      EXPECT_EQ(ChoosePrecision(TrainSpec::BF16, device, processor), TrainSpec::BF16);
    }
  }
}

TEST(ChoosePrecisionTest, OnThisMachineTheProcessorDecides) {
  EXPECT_EQ(ChoosePrecision(TrainSpec::AUTO, kCpu),
            ThisProcessor().has_amx_bf16 ? TrainSpec::BF16 : TrainSpec::FP32);
}

TEST(PrecisionScopeTest, ProductsWithinItAreBf16) {
  const at::Tensor x = at::ones({2, 2});
  {
    const PrecisionScope scope(TrainSpec::BF16);
    EXPECT_EQ(at::mm(x, x).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::mm(x, x).scalar_type(), at::kFloat);
  const PrecisionScope scope(TrainSpec::FP32);
  EXPECT_EQ(at::mm(x, x).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace dfkd
