#include "dfkd/weights/weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/nn/module.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string TestData(absl::string_view name) { return JoinPath("dfkd/weights/testdata", name); }

std::string TemporaryFile(absl::string_view name) {
  return JoinPath(::testing::TempDir(), absl::StrCat("weights_test_", name));
}

std::map<std::string, at::Tensor> MapOf(const WeightFile& file) {
  std::map<std::string, at::Tensor> map;
  for (const NamedTensor& named : file.tensors) map.emplace(named.name, named.tensor);
  return map;
}

void ExpectSame(const WeightFile& file, const WeightFile& expected) {
  const auto tensors = MapOf(file);
  const auto wanted = MapOf(expected);
  EXPECT_EQ(file.tensors.size(), wanted.size());
  for (const auto& [name, tensor] : wanted) {
    ASSERT_TRUE(tensors.contains(name)) << name;
    EXPECT_EQ(tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(tensors.at(name).is_contiguous()) << name;
    EXPECT_TRUE(tensors.at(name).equal(tensor)) << name;
  }
}

// What PyTorch's and the format's own library wrote (tools/goldens/weights.py).

TEST(WeightsGoldenTest, BothPyTorchContainersReadAsPyTorchSavedThem) {
  ASSERT_OK_AND_ASSIGN(const WeightFile expected, ReadWeights(TestData("expected.safetensors")));
  EXPECT_EQ(expected.tensors.size(), 19);
  for (const char* name : {"checkpoint_zip.pth", "checkpoint_legacy.pth"}) {
    SCOPED_TRACE(name);
    ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(TestData(name)));
    ExpectSame(file, expected);
    EXPECT_EQ(file.tensors.front().name, "bool");  // the file's order
    EXPECT_THAT(file.metadata, IsEmpty());
  }
}

TEST(WeightsGoldenTest, ValuesAreTheOnesThatTheScriptNames) {
  ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(TestData("checkpoint_zip.pth")));
  const auto tensors = MapOf(file);
  const at::Tensor numbers = at::arange(24, at::kFloat) / 7;
  EXPECT_TRUE(tensors.at("f32").equal(numbers.view({2, 3, 4})));
  EXPECT_TRUE(tensors.at("transposed").equal(numbers.view({4, 6}).t()));
  EXPECT_TRUE(tensors.at("tied_tail").equal(at::arange(4, 6, at::kFloat)));
  EXPECT_EQ(tensors.at("i64").item<int64_t>(), (int64_t{1} << 40) + 1);
  EXPECT_EQ(tensors.at("bf16")[0].item<float>(), 0.10009765625f);  // 0x3dcd
  EXPECT_EQ(tensors.at("f16")[1].item<float>(), -65504.0f);
  EXPECT_EQ(tensors.at("scalar").dim(), 0);
  EXPECT_THAT(tensors.at("empty").sizes().vec(), ElementsAre(0, 5));
  EXPECT_FALSE(tensors.at("parameter").requires_grad());
}

TEST(WeightsGoldenTest, AFileWithoutChecksumsIsReadToo) {
  ASSERT_OK_AND_ASSIGN(const WeightFile with, ReadWeights(TestData("model_zip.pth")));
  ASSERT_OK_AND_ASSIGN(const WeightFile without,
                       ReadWeights(TestData("model_without_crc_zip.pth")));
  ASSERT_OK_AND_ASSIGN(const WeightFile legacy, ReadWeights(TestData("model_legacy.pth")));
  EXPECT_EQ(with.tensors.size(), 7);
  ExpectSame(without, with);
  ExpectSame(legacy, with);
}

TEST(WeightsGoldenTest, AnObjectInTheFileIsRefusedByName) {
  for (const char* name : {"namespace_zip.pth", "namespace_legacy.pth"}) {
    const auto file = ReadWeights(TestData(name));
    EXPECT_THAT(file, StatusMessageHas(absl::StrCat(TestData(name), ": ")));
    EXPECT_THAT(file,
                StatusMessageHas("it refers to \"argparse.Namespace\", which a file of weights "
                                 "may not; save the weights alone, with "
                                 "torch.save(model.state_dict(), path)"));
    EXPECT_EQ(ExitCodeOf(file.status()), kExitBadInput);
  }
}

TEST(WeightsGoldenTest, WeWriteTheBytesThatTheLibraryWrites) {
  const std::string path = TestData("library.safetensors");
  ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(path));
  EXPECT_EQ(file.tensors.size(), 22);
  EXPECT_THAT(file.metadata, ElementsAre(Pair("note", "a \"é\"\n\x01")));
  EXPECT_EQ(MapOf(file).at("u64").const_data_ptr<uint64_t>()[0], ~uint64_t{0});
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  EXPECT_EQ(SerializeSafetensors(file.tensors, file.metadata), bytes);
}

TEST(WeightsTest, WhatIsWrittenIsReadWhateverItsLayout) {
  const std::string path = TemporaryFile("layouts.safetensors");
  const at::Tensor matrix = at::arange(6, at::kFloat).view({2, 3});
  at::Tensor leaf = at::ones({2});
  leaf.set_requires_grad(true);
  ASSERT_OK(WriteSafetensors(PosixWithoutSync(), path,
                             {{"t", matrix.t()}, {"leaf", leaf}, {"n", at::full({}, 7, at::kLong)}},
                             {{"dfkd.card", "class_name: \"cat\"\n"}}));
  ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(path));
  EXPECT_TRUE(MapOf(file).at("t").equal(matrix.t()));
  EXPECT_TRUE(MapOf(file).at("leaf").equal(at::ones({2})));
  EXPECT_EQ(MapOf(file).at("n").item<int64_t>(), 7);
  EXPECT_THAT(file.metadata, ElementsAre(Pair("dfkd.card", "class_name: \"cat\"\n")));
}

TEST(WeightsTest, TheOrderOfTheInputDoesNotMatter) {
  const NamedTensor a{"a", at::ones({2})}, b{"b", at::zeros({3}, at::kLong)};
  EXPECT_EQ(SerializeSafetensors({a, b}, {}), SerializeSafetensors({b, a}, {}));
}

TEST(WeightsTest, AFailedWriteKeepsTheOldFile) {
  const std::string path = TemporaryFile("kept.safetensors");
  for (int n = 1;; ++n) {
    ASSERT_OK(WriteSafetensors(PosixWithoutSync(), path, {{"x", at::zeros({2})}}, {}));
    FaultInjectingFileSystem files(PosixWithoutSync(), n, Fault::kShortWrite);
    const absl::Status status = WriteSafetensors(&files, path, {{"x", at::ones({2})}}, {});
    ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(path));
    if (!files.fired()) {
      EXPECT_TRUE(file.tensors[0].tensor.equal(at::ones({2})));
      break;
    }
    EXPECT_EQ(ExitCodeOf(status), kExitStorage);
  }
}

TEST(WeightsTest, OtherFilesAreRefusedWithTheirFirstBytes) {
  const std::string path = TemporaryFile("pointer.pth");
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), path, "version https://git-lfs.github.com/"));
  EXPECT_THAT(ReadWeights(path),
              StatusMessageIs(absl::StrCat(path,
                                           ": this is no file of weights (safetensors, or "
                                           "torch.save's): its 35 bytes begin with \"version "
                                           "https://\"")));
  const std::string absent = TemporaryFile("absent.pth");
  EXPECT_THAT(ReadWeights(absent),
              StatusMessageIs(absl::StrCat("cannot open ", absent, ": No such file or directory")));
}

// A convolution and a batch normalisation, in the tensors that PyTorch gives them.
class SmallModel : public Module {
 public:
  SmallModel() {
    AddModule<Part>("conv", std::vector<std::string>{"weight", "bias"}, std::vector<std::string>{});
    AddModule<Part>("bn", std::vector<std::string>{"weight"},
                    std::vector<std::string>{"running_mean", "num_batches_tracked"});
  }

 private:
  class Part : public Module {
   public:
    Part(const std::vector<std::string>& parameters, const std::vector<std::string>& buffers) {
      for (const std::string& name : parameters) AddParameter(name, at::zeros({2}));
      for (const std::string& name : buffers) {
        AddBuffer(name, name == "num_batches_tracked" ? at::zeros({}, at::kLong) : at::zeros({2}));
      }
    }
  };
};

WeightFile FileFor(absl::string_view prefix) {
  WeightFile file;
  for (const char* name : {"conv.weight", "conv.bias", "bn.weight", "bn.running_mean"}) {
    file.tensors.push_back({absl::StrCat(prefix, name), at::full({2}, 1.5)});
  }
  return file;
}

TEST(LoadIntoTest, CopiesByNameAndKeepsTheModelsTensors) {
  SmallModel model;
  const void* const data = model.NamedState()[0].tensor.data_ptr();
  ASSERT_OK(LoadInto(FileFor(""), &model, "w.pth"));
  EXPECT_EQ(model.NamedState()[0].tensor.data_ptr(), data);
  for (const NamedTensor& named : model.NamedState()) {
    const double expected = absl::EndsWith(named.name, "tracked") ? 0 : 1.5;
    EXPECT_TRUE(named.tensor.equal(at::full_like(named.tensor, expected))) << named.name;
  }
}

TEST(LoadIntoTest, ForeignPrefixesAreTakenOff) {
  for (const char* prefix : {"module.", "model.", "module.model.", "_orig_mod.student."}) {
    SmallModel model;
    EXPECT_OK(LoadInto(FileFor(prefix), &model, "w.pth")) << prefix;
    EXPECT_EQ(model.Parameters()[0][0].item<float>(), 1.5f);
  }
}

TEST(LoadIntoTest, HalfPrecisionIsWidened) {
  WeightFile file = FileFor("");
  file.tensors[0].tensor = file.tensors[0].tensor.to(at::kHalf);
  SmallModel model;
  EXPECT_OK(LoadInto(file, &model, "w.pth"));
  EXPECT_EQ(model.Parameters()[0].scalar_type(), at::kFloat);
}

TEST(LoadIntoTest, WhateverDoesNotFitIsListedAndNothingIsCopied) {
  WeightFile file = FileFor("");
  file.tensors[0].name = "conv.weights";
  file.tensors[1].tensor = at::zeros({3});
  file.tensors[2].tensor = at::zeros({2}, at::kLong);
  file.tensors.push_back({"fc.bias", at::zeros({1})});
  SmallModel model;
  EXPECT_THAT(
      LoadInto(file, &model, "w.pth"),
      StatusMessageIs(
          "w.pth does not fit the model; missing: conv.weight (the file has: conv.weights); "
          "unknown: conv.weights (the model has: conv.weight), fc.bias; bn.weight is Long [2], "
          "the model's is Float [2], conv.bias is Float [3], the model's is Float [2]"));
  EXPECT_EQ(model.NamedBuffers()[0].tensor[0].item<float>(), 0);
}

TEST(LoadIntoTest, LongListsAreCut) {
  WeightFile file = FileFor("");
  for (int i = 10; i < 25; ++i) file.tensors.push_back({absl::StrCat("x", i), at::zeros({1})});
  SmallModel model;
  EXPECT_THAT(LoadInto(file, &model, "w.pth"), StatusMessageHas("x18, x19, and 5 more"));
}

}  // namespace
}  // namespace dfkd
