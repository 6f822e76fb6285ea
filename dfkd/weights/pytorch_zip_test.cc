#include "dfkd/weights/pytorch_zip.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/file_forge.h"
#include "dfkd/weights/zip_archive.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr absl::string_view kLocal("PK\x03\x04", 4);
constexpr absl::string_view kCentral("PK\x01\x02", 4);

const std::vector<ForgedEntry>& TwoEntries() {
  static const auto* entries = new std::vector<ForgedEntry>{{"r/a", "hello"}, {"r/b", ""}};
  return *entries;
}

std::string ZipRefusal(const std::string& bytes) {
  const auto entries = ReadZip(bytes);
  EXPECT_EQ(ExitCodeOf(entries.status()), kExitBadInput);
  return std::string(entries.status().message());
}

// The `offset`th byte behind the `nth` occurrence of `signature`, replaced by `to`.
std::string PatchAfter(std::string bytes, absl::string_view signature, size_t offset,
                       absl::string_view to, int nth = 0) {
  size_t at = bytes.find(signature);
  while (nth-- > 0) at = bytes.find(signature, at + 1);
  return bytes.replace(at + offset, to.size(), to);
}

TEST(ZipArchiveTest, EntriesAreReadInEachStyle) {
  for (const bool sizes_follow : {false, true}) {
    for (const bool zip64 : {false, true}) {
      const std::string zip = ForgeZip(TwoEntries(), {sizes_follow, zip64});
      ASSERT_OK_AND_ASSIGN(const auto entries, ReadZip(zip));
      EXPECT_THAT(entries, ElementsAre(Pair("r/a", "hello"), Pair("r/b", "")));
    }
  }
}

TEST(ZipArchiveTest, AnyTruncationIsRefused) {
  for (const bool zip64 : {false, true}) {
    const std::string zip = ForgeZip(TwoEntries(), {true, zip64});
    for (size_t size = 0; size < zip.size(); ++size) {
      EXPECT_FALSE(ReadZip(zip.substr(0, size)).ok()) << size;
    }
  }
  EXPECT_EQ(ZipRefusal("PK"), "zip: the file is too short for an archive");
  EXPECT_EQ(ZipRefusal(ForgeZip(TwoEntries()) + "x"),
            "zip: the file does not end in an archive's last record; it is cut off or damaged");
}

TEST(ZipArchiveTest, EntriesAreStoredAndNotEncrypted) {
  const std::string zip = ForgeZip(TwoEntries());
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, kCentral, 10, "\x08")), "zip: entry \"r/a\" is compressed");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, kCentral, 24, "\x06")), "zip: entry \"r/a\" is compressed");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, kCentral, 8, "\x09")),
            "zip: entry \"r/a\" has flags 0x809; is it encrypted?");
}

TEST(ZipArchiveTest, BothDescriptionsOfAnEntryAgree) {
  const std::string differs =
      "zip: entry \"r/a\" is described differently in the central directory and before its data";
  const std::string here = ForgeZip(TwoEntries(), {.sizes_follow = false});
  for (const int offset : {0, 6, 8, 14, 18, 22, 26, 30}) {  // signature, flags, method, … , name
    EXPECT_EQ(ZipRefusal(PatchAfter(here, kLocal, offset, "\x01")), differs) << offset;
  }
  const std::string follow = ForgeZip(TwoEntries());
  for (const int offset : {0, 4, 8, 12}) {
    EXPECT_EQ(ZipRefusal(PatchAfter(follow, absl::string_view("PK\x07\x08", 4), offset, "\x01")),
              differs);
  }
  // The local header's place: beyond the file, and another entry's.
  EXPECT_EQ(ZipRefusal(PatchAfter(here, kCentral, 42, "\xff\xff\xff\x7f")), differs);
  EXPECT_EQ(ZipRefusal(PatchAfter(here, kCentral, 42, "\x26")), differs);
  // Sizes that agree, but exceed the file.
  const absl::string_view huge("\xff\xff\0\0\xff\xff", 6);
  EXPECT_EQ(ZipRefusal(PatchAfter(PatchAfter(here, kCentral, 20, huge), kLocal, 18, huge)),
            differs);
}

TEST(ZipArchiveTest, TheLastRecordsAgreeWithTheDirectory) {
  const std::string zip = ForgeZip(TwoEntries());
  const absl::string_view end("PK\x05\x06", 4);
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, end, 4, "\x01")), "zip: the archive has several parts");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, end, 10, "\x03")),
            "zip: the central directory has 2 entries, not the 3 that the last record says");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, end, 12, "\x01")),
            "zip: the central directory does not end where the last record begins");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, kCentral, 0, "X")), "zip: the central directory is damaged");
  EXPECT_EQ(ZipRefusal(PatchAfter(zip, kCentral, 28, "\xff\xff")),
            "zip: the central directory is damaged");
  const std::string wide = ForgeZip(TwoEntries(), {true, true});
  for (const int offset : {0, 4, 32, 40, 48}) {
    const std::string message =
        ZipRefusal(PatchAfter(wide, absl::string_view("PK\x06\x06", 4), offset, "\x7f"));
    EXPECT_TRUE(message == "zip: the zip64 records at the end contradict each other" ||
                message == "zip: the central directory does not end where the last record begins" ||
                message ==
                    "zip: the central directory has 2 entries, not the 127 that the last "
                    "record says")
        << message;
  }
  EXPECT_EQ(ZipRefusal(PatchAfter(wide, absl::string_view("\x01\0\x18\0", 4), 2, "\x10")),
            "zip: an entry's zip64 field is cut off");
}

TEST(ZipArchiveTest, NamesAreUniqueAndEntriesShareNoBytes) {
  EXPECT_EQ(ZipRefusal(ForgeZip({{"r/a", "1"}, {"r/a", "2"}})),
            "zip: two entries are named \"r/a\"");
  // An archive inside an entry, whose own entry the directory names as well.
  const std::string inner = ForgeZip({{"r/b", "xyz"}}, {.sizes_follow = false});
  std::string outer = ForgeZip({{"r/a", inner}, {"r/b", "xyz"}}, {.sizes_follow = false});
  const size_t inner_at = outer.find(kLocal, 1);
  std::string offset;
  offset += static_cast<char>(inner_at);
  offset += std::string(3, '\0');
  const size_t last = outer.rfind(kCentral);
  outer.replace(last + 42, 4, offset);
  EXPECT_EQ(ZipRefusal(outer), "zip: two entries share bytes of the file");
}

TEST(ZipArchiveTest, AChecksumOfZeroIsNone) {
  const std::string zip = ForgeZip(TwoEntries(), {.checksums = false});
  EXPECT_OK(ReadZip(zip));
}

TEST(ZipArchiveTest, DamagedContentIsNoticed) {
  const std::string zip = Patch(ForgeZip(TwoEntries()), "hello", "hullo");
  EXPECT_EQ(ZipRefusal(zip),
            "zip: entry \"r/a\" is damaged: its checksum is 6609f119, must be 3610a686");
}

// The refusal of a zip with these tensors in the pickle and these storages.
std::string Refusal(const std::string& tensor, const std::vector<ForgedEntry>& storages) {
  const auto records =
      ParsePyTorchZipRecords(ForgePyTorchZip(PickleDict({{"w", tensor}}), storages));
  EXPECT_EQ(ExitCodeOf(records.status()), kExitBadInput);
  return std::string(records.status().message());
}

TEST(PyTorchZipTest, TensorsPointIntoTheirStorages) {
  const std::string storage = PickleStorage("0", 4);
  const std::string file =
      ForgePyTorchZip(PickleDict({{"epoch", PickleInt(3)},
                                  {"a", PickleTensor(storage, 0, {2, 2}, {1, 2})},
                                  {"b", PickleTensor(storage, 3, {}, {})}}),
                      {{"0", "aaaabbbbccccdddd"}});
  ASSERT_OK_AND_ASSIGN(const TensorRecords records, ParsePyTorchZipRecords(file));
  ASSERT_THAT(records.tensors, SizeIs(2));
  std::string a(16, ' ');
  CopyElements(records.tensors[0], a.data());
  EXPECT_EQ(a, "aaaaccccbbbbdddd");
  std::string b(4, ' ');
  CopyElements(records.tensors[1], b.data());
  EXPECT_EQ(b, "dddd");
}

TEST(PyTorchZipTest, StorageBytesEqualTheDeclaredOnes) {
  // 16 bytes declared as 16 MB: what LibTorch's own reader accepts.
  EXPECT_EQ(
      Refusal(PickleTensor(PickleStorage("0", 4 << 20), 0, {4 << 20}, {1}),
              {{"0", std::string(16, 'x')}}),
      "storage \"0\" is declared with 4194304 elements of 4 bytes, but the file holds 16 bytes "
      "of it");
  EXPECT_EQ(
      Refusal(PickleTensor(PickleStorage("0", 4), 0, {4}, {1}), {{"0", std::string(17, 'x')}}),
      "storage \"0\" is declared with 4 elements of 4 bytes, but the file holds 17 bytes of it");
  EXPECT_EQ(
      Refusal(PickleTensor(PickleStorage("1", 4), 0, {4}, {1}), {{"0", std::string(16, 'x')}}),
      "zip: storage \"1\" is missing");
}

TEST(PyTorchZipTest, OffsetAndStridesStayInsideTheStorage) {
  const auto refusal = [](int offset, const std::vector<int>& sizes,
                          const std::vector<int>& strides) {
    return Refusal(PickleTensor(PickleStorage("0", 4), offset, sizes, strides),
                   {{"0", std::string(16, 'x')}});
  };
  EXPECT_EQ(refusal(1, {4}, {1}),
            "tensor \"w\" of shape [4], strides [1] and offset 1 reaches beyond "
            "its storage of 4 elements");
  EXPECT_EQ(refusal(0, {2, 2}, {3, 1}),
            "tensor \"w\" of shape [2, 2], strides [3, 1] and offset 0 "
            "reaches beyond its storage of 4 elements");
  EXPECT_EQ(refusal(4, {}, {}),
            "tensor \"w\" of shape [], strides [] and offset 4 reaches beyond its "
            "storage of 4 elements");
  EXPECT_EQ(refusal(-1, {1}, {1}), "tensor \"w\" begins at element -1 of a storage of 4");
  EXPECT_EQ(refusal(5, {0}, {1}), "tensor \"w\" begins at element 5 of a storage of 4");
  EXPECT_EQ(refusal(0, {2}, {-1}), "tensor \"w\" has a negative stride -1");
  EXPECT_EQ(refusal(0, {-2}, {1}), "tensor \"w\" has an impossible shape [-2]");
  EXPECT_EQ(refusal(0, {2, 2}, {1}), "tensor \"w\" has 2 sizes but 1 strides");
  const int most = 0x7fffffff;
  EXPECT_EQ(refusal(0, {most, most, most}, {0, 0, 0}),
            "tensor \"w\" has an impossible shape [2147483647, 2147483647, 2147483647]");
  EXPECT_EQ(refusal(0, {most, 2}, {most, most}),
            "tensor \"w\" of shape [2147483647, 2], strides [2147483647, 2147483647] and offset 0 "
            "reaches beyond its storage of 4 elements");
}

TEST(PyTorchZipTest, AStorageIsNotExpandedBeyondFourTimesTheFile) {
  EXPECT_EQ(Refusal(PickleTensor(PickleStorage("0", 1), 0, {1 << 24}, {0}), {{"0", "xxxx"}}),
            "tensor \"w\": the tensors are more than 4 times as large as the file");
  const std::string half = PickleTensor(PickleStorage("0", 250), 0, {2, 250}, {0, 1});
  const std::string file =
      ForgePyTorchZip(PickleDict({{"a", half}, {"b", half}, {"c", half}, {"d", half}, {"e", half}}),
                      {{"0", std::string(1000, 'x')}});
  ASSERT_LT(file.size(), 2500);  // and five times 2000 bytes are more than four times that
  EXPECT_THAT(
      ParsePyTorchZipRecords(file),
      StatusMessageIs("tensor \"e\": the tensors are more than 4 times as large as the file"));
}

TEST(PyTorchZipTest, NamesOfTensorsArePrintableAndUnique) {
  const std::string tensor = PickleTensor(PickleStorage("0", 1), 0, {}, {});
  const std::vector<ForgedEntry> storages = {{"0", "xxxx"}};
  EXPECT_THAT(ParsePyTorchZipRecords(ForgePyTorchZip(PickleDict({{"a\n", tensor}}), storages)),
              StatusMessageIs("the name \"a\\n\" is not printable ASCII"));
  EXPECT_THAT(
      ParsePyTorchZipRecords(ForgePyTorchZip(PickleDict({{"a", tensor}, {"a", tensor}}), storages)),
      StatusMessageIs("two tensors are named \"a\""));
}

TEST(PyTorchZipTest, TensorsAreFoundUnderTheUsualKeysOrAtTheRoot) {
  const std::string tensor = PickleTensor(PickleStorage("0", 1), 0, {}, {});
  const std::vector<ForgedEntry> storages = {{"0", "xxxx"}};
  const auto inner = [&](const std::string& name) { return "}" + PickleText(name) + tensor + "s"; };
  const auto name_of_first = [&](const std::vector<std::pair<std::string, std::string>>& items) {
    const std::string file = ForgePyTorchZip(PickleDict(items), storages);
    const auto records = ParsePyTorchZipRecords(file);
    return records.ok() ? records->tensors.at(0).name : std::string(records.status().message());
  };
  EXPECT_EQ(name_of_first({{"epoch", "N"}, {"w", tensor}}), "w");
  EXPECT_EQ(name_of_first({{"w", tensor}, {"state_dict", inner("s")}}), "s");
  EXPECT_EQ(name_of_first({{"model", inner("m")}, {"ema", inner("e")}}), "m");
  EXPECT_EQ(name_of_first({{"model", "N"}, {"net", inner("n")}}), "n");
  EXPECT_EQ(
      name_of_first({{"other", inner("o")}}),
      "holds no tensors, neither at its root nor under state_dict, model_state_dict, model, net");
  const auto list = ParsePyTorchZipRecords(
      ForgePyTorchZip(absl::StrCat(kPickleBegin, "]", tensor, "a."), storages));
  EXPECT_THAT(list, StatusMessageIs("holds no dict of tensors; save it with "
                                    "torch.save(model.state_dict(), path)"));
}

TEST(PyTorchZipTest, OtherArchivesAreToldApart) {
  const std::string program = PickleDict({});
  EXPECT_THAT(ParsePyTorchZipRecords(ForgeZip({{"r/word/document.xml", "x"}})),
              StatusMessageIs("zip: there is no data.pkl; torch.save did not write this"));
  EXPECT_THAT(ParsePyTorchZipRecords(ForgeZip({{"r/data.pkl", program}, {"r/constants.pkl", ""}})),
              StatusMessageIs("zip: this is a TorchScript program; save the weights alone, with "
                              "torch.save(model.state_dict(), path)"));
  EXPECT_THAT(ParsePyTorchZipRecords(ForgeZip({{"r/data.pkl", program}, {"r/byteorder", "big"}})),
              StatusMessageIs("zip: the byte order is \"big\"; must be little"));
  EXPECT_THAT(ParsePyTorchZipRecords(ForgeZip({{"r/data.pkl", program + "x"}})),
              StatusMessageIs("zip: data.pkl goes on behind its end"));
  EXPECT_THAT(ParsePyTorchZipRecords(ForgeZip({})), StatusMessageIs("zip: the archive is empty"));
  for (const absl::string_view name : {"data.pkl", "/data.pkl", "other/x", "../data.pkl"}) {
    EXPECT_THAT(
        ParsePyTorchZipRecords(ForgeZip({{"r/data.pkl", program}, {std::string(name), ""}})),
        StatusMessageHas("does not lie in the archive's one folder"));
  }
}

}  // namespace
}  // namespace dfkd
