#include "dfkd/weights/pytorch_legacy.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/file_forge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::SizeIs;

// Two tensors in two storages of two elements each.
std::string File() {
  return ForgePyTorchLegacy(PickleDict({{"a", PickleTensor(PickleStorage("7", 2), 0, {2}, {1})},
                                        {"b", PickleTensor(PickleStorage("8", 2), 1, {}, {})}}),
                            {{"8", "11112222"}, {"7", "33334444"}});
}

std::string Refusal(const std::string& file) {
  const auto records = ParsePyTorchLegacyRecords(file);
  EXPECT_EQ(ExitCodeOf(records.status()), kExitBadInput);
  return std::string(records.status().message());
}

TEST(PyTorchLegacyTest, StoragesStandInTheOrderOfTheirKeys) {
  const std::string file = File();
  ASSERT_OK_AND_ASSIGN(const TensorRecords records, ParsePyTorchLegacyRecords(file));
  ASSERT_THAT(records.tensors, SizeIs(2));
  EXPECT_EQ(records.tensors[0].storage, "33334444");
  EXPECT_EQ(records.tensors[1].storage, "11112222");
}

TEST(PyTorchLegacyTest, AnyTruncationIsRefused) {
  const std::string file = File();
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ParsePyTorchLegacyRecords(file.substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(Refusal(file.substr(0, file.size() - 1)), "legacy stream: storage \"7\" is cut off");
  EXPECT_EQ(Refusal(file.substr(0, file.size() - 9)), "legacy stream: storage \"7\" is cut off");
  EXPECT_EQ(Refusal(file + "x"), "legacy stream: 1 bytes follow behind the last storage");
}

TEST(PyTorchLegacyTest, TheStreamBeginsWithItsMagicAndVersion) {
  EXPECT_EQ(Refusal("\x80\x02N."), "legacy stream: the magic number is missing");
  EXPECT_EQ(Refusal(Patch(File(), "M\xe9\x03", "M\xea\x03")),
            "legacy stream: the version is not 1001");
  EXPECT_EQ(Refusal(Patch(File(), "M\xe9\x03", "NNN")),
            "version: pickle, byte 5: it does not end with one object");
  EXPECT_EQ(Refusal(Patch(File(), "\x88", "\x89")),
            "legacy stream: the byte order is big; must be little");
}

TEST(PyTorchLegacyTest, StoragesAreThoseDeclared) {
  const std::string eight = PickleText("8");
  EXPECT_EQ(Refusal(Patch(File(), eight, PickleText("9"), 1)),
            "legacy stream: storage \"9\" is held but not declared");
  EXPECT_EQ(Refusal(Patch(File(), eight, PickleText("7"), 1)),
            "legacy stream: storage \"7\" is held twice");
  const std::string two_elements("\x02\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(Refusal(Patch(File(), two_elements, std::string("\x01\0\0\0\0\0\0\0", 8))),
            "legacy stream: storage \"8\" is declared with 2 elements, but has 1");
  EXPECT_EQ(Refusal(Patch(File(), two_elements, std::string(8, '\xff'))),
            "legacy stream: storage \"8\" is declared with 2 elements, but has -1");
  const std::string program = PickleDict({{"a", PickleTensor(PickleStorage("7", 2), 0, {2}, {1})}});
  EXPECT_EQ(Refusal(ForgePyTorchLegacy(program, {})), "legacy stream: storage \"7\" is missing");
  EXPECT_EQ(Refusal(Patch(ForgePyTorchLegacy(program, {}), "](", "}(")),
            "storage keys: pickle, byte 4: it adds items to what is no list");
}

TEST(PyTorchLegacyTest, AHugeStorageIsRefusedBeforeAnythingIsMade) {
  const int huge = 0x7fffffff;
  const std::string program =
      PickleDict({{"a", PickleTensor(PickleStorage("7", huge, "DoubleStorage"), 0, {huge}, {1})}});
  EXPECT_EQ(Refusal(Patch(ForgePyTorchLegacy(program, {{"7", "x"}}), std::string(8, '\0'),
                          std::string("\xff\xff\xff\x7f\0\0\0\0", 8))),
            "legacy stream: storage \"7\" is cut off");
}

}  // namespace
}  // namespace dfkd
