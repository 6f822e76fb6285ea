#include "dfkd/weights/safetensors.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/file_forge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// The message that a file with this header and a buffer of `bytes` bytes is refused with.
std::string Refusal(absl::string_view header, size_t bytes = 4) {
  const auto records = ParseSafetensorsRecords(ForgeSafetensors(header, std::string(bytes, 'x')));
  EXPECT_EQ(ExitCodeOf(records.status()), kExitBadInput);
  return std::string(records.status().message());
}

TEST(SafetensorsTest, RecordsSayWhereTensorsLie) {
  const std::string file =
      ForgeSafetensors(R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
                       R"("__metadata__":{"format":"pt","":"é"},)"
                       R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   )",
                       "01234567abc");
  ASSERT_OK_AND_ASSIGN(const TensorRecords records, ParseSafetensorsRecords(file));
  EXPECT_THAT(records.metadata, ElementsAre(Pair("", "é"), Pair("format", "pt")));
  ASSERT_EQ(records.tensors.size(), 2);
  EXPECT_EQ(records.tensors[0].name, "a");
  EXPECT_EQ(records.tensors[0].dtype, DType::kF32);
  EXPECT_THAT(records.tensors[0].sizes, ElementsAre(2, 1));
  EXPECT_THAT(records.tensors[0].strides, ElementsAre(1, 1));
  EXPECT_EQ(records.tensors[0].storage, "01234567");
  EXPECT_EQ(records.tensors[1].name, "b");
  EXPECT_EQ(records.tensors[1].storage, "abc");
}

TEST(SafetensorsTest, ScalarsEmptyTensorsAndEmptyFilesAreFine) {
  const std::string nothing = ForgeSafetensors("{}", "");
  ASSERT_OK_AND_ASSIGN(const TensorRecords none, ParseSafetensorsRecords(nothing));
  EXPECT_THAT(none.tensors, IsEmpty());
  const std::string file =
      ForgeSafetensors(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                       R"("e":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},)"
                       R"("f":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
                       "0123");
  ASSERT_OK_AND_ASSIGN(const TensorRecords records, ParseSafetensorsRecords(file));
  ASSERT_EQ(records.tensors.size(), 3);
  EXPECT_EQ(records.tensors[0].name, "f");
  EXPECT_EQ(records.tensors[1].elements(), 1);
  EXPECT_EQ(records.tensors[2].elements(), 0);
}

TEST(SafetensorsTest, TheHeaderMustFitIntoTheFile) {
  EXPECT_THAT(ParseSafetensorsRecords("1234567"),
              StatusMessageIs("safetensors: a file of 7 bytes is none"));
  std::string file = ForgeSafetensors("{}", "");
  file[0] = 3;
  EXPECT_THAT(
      ParseSafetensorsRecords(file),
      StatusMessageIs("safetensors: the header of 3 bytes is longer than the file, which has "
                      "2 after the length"));
  file.replace(0, 8, 8, '\xff');
  EXPECT_THAT(
      ParseSafetensorsRecords(file),
      StatusMessageIs("safetensors: the header of 18446744073709551615 bytes is longer than "
                      "the file, which has 2 after the length"));
}

TEST(SafetensorsTest, TheHeaderIsAtMost100MB) {
  std::string file;
  AppendLittleEndian<uint64_t>(100'000'001, &file);
  file.resize(8 + 100'000'001, ' ');
  EXPECT_THAT(
      ParseSafetensorsRecords(file),
      StatusMessageIs("safetensors: the header of 100000001 bytes is longer than 100000000"));
}

TEST(SafetensorsTest, TheHeaderIsJson) {
  EXPECT_EQ(Refusal(""), "safetensors: the header is not valid JSON at its byte 1");
  EXPECT_EQ(Refusal("{"), "safetensors: the header is not valid JSON at its byte 2");
  EXPECT_EQ(Refusal("{}x"), "safetensors: the header is not valid JSON at its byte 3");
  // A lone continuation byte is not UTF-8.
  EXPECT_EQ(Refusal("{\"\x80\":1}"), "safetensors: the header is not valid JSON at its byte 3");
}

TEST(SafetensorsTest, TheHeaderHoldsTensorsAndMetadataOnly) {
  EXPECT_EQ(Refusal("[]"), "safetensors: the header may not hold an array");
  EXPECT_EQ(Refusal("7"), "safetensors: the header may not hold a number");
  EXPECT_EQ(Refusal(R"({"a":[]})"), R"(safetensors: the header's "a" may not hold an array)");
  EXPECT_EQ(Refusal(R"({"a":null})"), R"(safetensors: the header's "a" may not hold null)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":7}})"),
            R"(safetensors: dtype of tensor "a" may not hold a number)");
  EXPECT_EQ(Refusal(R"({"a":{"shape":"7"}})"),
            R"(safetensors: shape of tensor "a" may not hold a string)");
  EXPECT_EQ(Refusal(R"({"a":{"shape":[-1]}})"),
            R"(safetensors: shape of tensor "a" may not hold a negative number)");
  EXPECT_EQ(Refusal(R"({"a":{"shape":[1.0]}})"),
            R"(safetensors: shape of tensor "a" may not hold a number)");
  EXPECT_EQ(Refusal(R"({"a":{"shape":[true]}})"),
            R"(safetensors: shape of tensor "a" may not hold a boolean)");
  EXPECT_EQ(Refusal(R"({"a":{"extra":1}})"),
            R"(safetensors: tensor "a" has an unknown field "extra")");
}

TEST(SafetensorsTest, NestingIsRefusedWhereItBegins) {
  EXPECT_EQ(Refusal(R"({"a":{"shape":[[1]]}})"),
            R"(safetensors: shape of tensor "a" may not hold an array)");
  EXPECT_EQ(Refusal(R"({"a":{"shape":[{"b":1}]}})"),
            R"(safetensors: shape of tensor "a" may not hold an object)");
  EXPECT_EQ(Refusal(R"({"__metadata__":{"a":{"b":"c"}}})"),
            R"(safetensors: metadata "a" may not hold an object)");
  EXPECT_EQ(Refusal(std::string(1 << 20, '[')), "safetensors: the header may not hold an array");
}

TEST(SafetensorsTest, MetadataMapStringsToStrings) {
  EXPECT_EQ(Refusal(R"({"__metadata__":{"a":1}})"),
            R"(safetensors: metadata "a" may not hold a number)");
  EXPECT_EQ(Refusal(R"({"__metadata__":"a"})"),
            R"(safetensors: the header's "__metadata__" may not hold a string)");
}

TEST(SafetensorsTest, NamesAndFieldsAreUnique) {
  const std::string entry = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(Refusal(absl::StrCat(R"({"a":)", entry, R"(,"a":)", entry, "}")),
            R"(safetensors: duplicate name "a")");
  EXPECT_EQ(Refusal(R"({"__metadata__":{},"__metadata__":{}})"),
            R"(safetensors: duplicate name "__metadata__")");
  EXPECT_EQ(Refusal(R"({"__metadata__":{"k":"1","k":"1"}})"),
            R"(safetensors: duplicate metadata "k")");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","dtype":"U8"}})"),
            R"(safetensors: tensor "a" has two fields "dtype")");
}

TEST(SafetensorsTest, EntriesAreWholeAndOfAKnownType) {
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[4]}})"),
            R"(safetensors: tensor "a" lacks one of dtype, shape and two data_offsets)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}})"),
            R"(safetensors: tensor "a" lacks one of dtype, shape and two data_offsets)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}})"),
            R"(safetensors: data_offsets of tensor "a" holds more than two numbers)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"F9","shape":[4],"data_offsets":[0,4]}})"),
            R"(safetensors: tensor "a" has unknown dtype "F9")");
}

TEST(SafetensorsTest, ShapesAreSoundAndOfAtMostEightDimensions) {
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,4]}})"),
            R"(safetensors: tensor "a" has more than 8 dimensions)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}})"),
            R"(safetensors: shape of tensor "a" holds 9223372036854775808, beyond 63 bits)");
  // 2^32 * 2^32 wraps to 0, and 2^62 * 4 bytes to 0 as well.
  EXPECT_EQ(
      Refusal(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
      R"(safetensors: tensor "a" of type U8 holds 0 bytes, which its shape does not give)");
  EXPECT_EQ(
      Refusal(R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0),
      R"(safetensors: tensor "a" of type F32 holds 0 bytes, which its shape does not give)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
            R"(safetensors: tensor "a" of type F32 holds 4 bytes, which its shape does not give)");
}

TEST(SafetensorsTest, TensorsTileTheBuffer) {
  const auto two = [](absl::string_view first, absl::string_view second) {
    return Refusal(absl::StrCat(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)", first,
                                R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)", second,
                                "}}"));
  };
  EXPECT_EQ(two("[1,3]", "[3,5]"),
            R"(safetensors: tensor "a" begins at byte 1 of the buffer; must be )"
            "0, where the one before ends");
  EXPECT_EQ(two("[0,2]", "[1,3]"),
            R"(safetensors: tensor "b" begins at byte 1 of the buffer; must be )"
            "2, where the one before ends");
  EXPECT_EQ(two("[0,2]", "[2,6]"), R"(safetensors: tensor "b" ends at byte 6 of a buffer of 4)");
  EXPECT_EQ(two("[0,2]", "[2,1]"), R"(safetensors: tensor "b" ends at byte 1 of a buffer of 4)");
  EXPECT_EQ(Refusal(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})"),
            "safetensors: the tensors end at byte 2 of a buffer of 4");
}

TEST(SafetensorsTest, HostileTextIsEscapedAndCutInMessages) {
  const std::string name = absl::StrCat("\\u0007", std::string(1000, 'n'));
  EXPECT_EQ(Refusal(absl::StrCat("{\"", name, "\":[]}")),
            absl::StrCat("safetensors: the header's \"\\x07", std::string(79, 'n'),
                         "...\" may not hold an array"));
}

TEST(SafetensorsTest, LayoutAlignsTensorsAndIsRead) {
  const SafetensorsLayout layout = LayOutSafetensors({{"b", DType::kU8, {3}},
                                                      {"z", DType::kF32, {}},
                                                      {"a", DType::kU8, {0, 2}},
                                                      {"y", DType::kF64, {1}}},
                                                     {{"k", "v\"\n"}});
  EXPECT_THAT(layout.order, ElementsAre(3, 1, 2, 0));
  EXPECT_EQ(layout.header.substr(8), R"({"__metadata__":{"k":"v\"\n"},)"
                                     R"("y":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                                     R"("z":{"dtype":"F32","shape":[],"data_offsets":[8,12]},)"
                                     R"("a":{"dtype":"U8","shape":[0,2],"data_offsets":[12,12]},)"
                                     R"("b":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}}  )");
  EXPECT_EQ(layout.header.size() % 8, 0);
  EXPECT_OK(ParseSafetensorsRecords(layout.header + std::string(15, 'x')));
}

}  // namespace
}  // namespace dfkd
