#include "dfkd/core/random_stream.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

// tools/goldens/random_stream.py
class RandomStreamGoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string bytes,
                         ReadFile("dfkd/core/testdata/random_stream.safetensors"));
    ASSERT_OK_AND_ASSIGN(const TensorRecords records, ParseSafetensorsRecords(bytes));
    for (const TensorRecord& record : records.tensors) golden_[record.name] = MakeTensor(record);
  }
  std::map<std::string, at::Tensor> golden_;
};

TEST_F(RandomStreamGoldenTest, SeedsAreThoseOfTheDefinition) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
    for (const char* name : {"labels", "noise"}) {
      RandomStream stream(seed, name);
      const at::Tensor expected = golden_.at(absl::StrCat("seeds.", seed, ".", name));
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(stream.NextSeed(), expected.const_data_ptr<uint64_t>()[i]);
      }
    }
  }
}

TEST_F(RandomStreamGoldenTest, DrawsAreThoseOfPyTorchWithTheSameSeed) {
  RandomStream stream(7, "noise");
  // The normal distribution's vectorised logarithm and cosine depend on the processor.
  EXPECT_TRUE(at::allclose(stream.Normal({3, 20}, 1, 2), golden_.at("normal"), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(stream.Uniform({3, 20}, -2, 3), golden_.at("uniform"), 1e-6, 1e-6));
  EXPECT_TRUE(stream.Integers({50}, -3, 10).equal(golden_.at("integers")));
  EXPECT_TRUE(stream.Permutation(30).equal(golden_.at("permutation")));
  EXPECT_EQ(stream.counter(), 4);
}

TEST(RandomStreamTest, StreamsDifferByNameAndSeedAndDrawsByCounter) {
  std::set<uint64_t> seeds;
  for (const uint64_t seed : {0, 1, 2}) {
    for (const char* name : {"", "a", "b", "ab"}) {
      RandomStream stream(seed, name);
      for (int i = 0; i < 10; ++i) seeds.insert(stream.NextSeed());
    }
  }
  EXPECT_EQ(seeds.size(), 3 * 4 * 10);
}

TEST(RandomStreamTest, ACounterBringsADrawBack) {
  RandomStream stream(3, "labels");
  stream.Next();
  const at::Tensor second = stream.Integers({100}, 0, 1000);
  RandomStream again(3, "labels");
  again.set_counter(1);
  EXPECT_TRUE(again.Integers({100}, 0, 1000).equal(second));
}

TEST(RandomStreamsTest, OneStreamDoesNotMoveAnother) {
  RandomStreams alone(5);
  RandomStreams crowded(5);
  crowded.Get("augmentation").Normal({10});
  EXPECT_TRUE(alone.Get("noise").Normal({10}).equal(crowded.Get("noise").Normal({10})));
}

TEST(RandomStreamTest, ZerosHaveTheShapesOfDraws) {
  RandomStream zeros = RandomStream::Zeros();
  EXPECT_TRUE(zeros.Normal({2, 3}, 5, 1).equal(at::zeros({2, 3})));
  EXPECT_TRUE(zeros.Uniform({4}, 1, 2).equal(at::zeros({4})));
}

TEST(RandomStreamsTest, ReferencesStayValid) {
  RandomStreams streams(0);
  RandomStream& first = streams.Get("first");
  for (int i = 0; i < 100; ++i) streams.Get(absl::StrCat("more", i));
  EXPECT_EQ(&first, &streams.Get("first"));
}

TEST(RandomStreamsTest, LoadingContinuesWhereSavingStopped) {
  RandomStreams streams(9);
  streams.Get("labels").Permutation(5);
  streams.Get("noise");
  State state;
  streams.Save(StateWriter(&state).Scope("streams"));
  const at::Tensor next = streams.Get("labels").Normal({10});
  const at::Tensor fresh = streams.Get("initialisation").Normal({10});

  RandomStreams resumed(9);
  // Drawn while networks are made, before their values are loaded.
  resumed.Get("initialisation").Normal({10});
  resumed.Get("labels").Normal({1});
  ASSERT_OK(resumed.Load(StateReader(&state).Scope("streams")));
  EXPECT_TRUE(resumed.Get("labels").Normal({10}).equal(next));
  EXPECT_TRUE(resumed.Get("initialisation").Normal({10}).equal(fresh));
}

TEST(RandomStreamsTest, AnotherSeedsCheckpointIsRefused) {
  State state;
  RandomStreams(1).Save(StateWriter(&state));
  EXPECT_THAT(
      RandomStreams(2).Load(StateReader(&state)),
      StatusMessageIs("the checkpoint was made with seed 1, this run has 2; resume with the "
                      "same seed"));
}

}  // namespace
}  // namespace dfkd
