#include "dfkd/weights/pickle.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/file_forge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Kind = PickleObject::Kind;

// A program between its beginning and its end.
std::string Program(absl::string_view body) { return absl::StrCat(kPickleBegin, body, "."); }

std::string Refusal(absl::string_view body) {
  const auto pickle = RunPickle(Program(body));
  EXPECT_EQ(ExitCodeOf(pickle.status()), kExitBadInput);
  return std::string(pickle.status().message());
}

TEST(PickleTest, PlainDataAreRead) {
  const std::string program = PickleDict({{"list",
                                           "](K\x07M\x01\x02J\xff\xff\xff\xff"
                                           "e"},
                                          {"long", std::string("\x8a\x02\x00\xff", 4)},
                                          {"none", "N"},
                                          {"float", std::string("G\0\0\0\0\0\0\0\0", 9)}});
  ASSERT_OK_AND_ASSIGN(const Pickle pickle, RunPickle(program));
  EXPECT_EQ(pickle.bytes, program.size());
  EXPECT_EQ(pickle.Root().kind, Kind::kDict);
  ASSERT_THAT(pickle.Root().items, SizeIs(8));
  const auto item = [&](int i) -> const PickleObject& {
    return pickle.objects[pickle.Root().items[i]];
  };
  EXPECT_EQ(item(0).text, "list");
  ASSERT_THAT(item(1).items, SizeIs(3));
  EXPECT_EQ(pickle.objects[item(1).items[0]].number, 7);
  EXPECT_EQ(pickle.objects[item(1).items[1]].number, 0x201);
  EXPECT_EQ(pickle.objects[item(1).items[2]].number, -1);
  EXPECT_EQ(item(3).number, -256);  // 0xff00 in two's complement of two bytes
  EXPECT_EQ(item(5).kind, Kind::kNone);
  EXPECT_EQ(item(7).kind, Kind::kFloat);
}

TEST(PickleTest, TensorsAreDescribed) {
  const std::string program =
      Program(PickleTensor(PickleStorage("0", 12, "HalfStorage"), 2, {2, 3}, {3, 1}));
  ASSERT_OK_AND_ASSIGN(const Pickle pickle, RunPickle(program));
  EXPECT_EQ(pickle.Root().kind, Kind::kTensor);
  ASSERT_THAT(pickle.tensors, SizeIs(1));
  EXPECT_EQ(pickle.tensors[0].storage, "0");
  EXPECT_EQ(pickle.tensors[0].offset, 2);
  EXPECT_THAT(pickle.tensors[0].sizes, ElementsAre(2, 3));
  EXPECT_THAT(pickle.tensors[0].strides, ElementsAre(3, 1));
  EXPECT_EQ(pickle.storages.at("0"), (PickledStorage{DType::kF16, 12}));
}

TEST(PickleTest, AParameterIsItsTensor) {
  const std::string program =
      Program(absl::StrCat(PickleName("torch._utils", "_rebuild_parameter"), "(",
                           PickleTensor(PickleStorage("0", 1), 0, {}, {}), "\x88",
                           PickleName("collections", "OrderedDict"), ")RtR"));
  ASSERT_OK_AND_ASSIGN(const Pickle pickle, RunPickle(program));
  EXPECT_EQ(pickle.Root().kind, Kind::kTensor);
}

TEST(PickleTest, Python2MadeAnOrderedDictOfPairs) {
  const std::string program = Program(absl::StrCat(PickleName("collections", "OrderedDict"),
                                                   "](](U\x01"
                                                   "aK\x01"
                                                   "e](U\x01"
                                                   "bK\x02"
                                                   "ee\x85R"));
  ASSERT_OK_AND_ASSIGN(const Pickle pickle, RunPickle(program));
  EXPECT_EQ(pickle.Root().kind, Kind::kDict);
  ASSERT_THAT(pickle.Root().items, SizeIs(4));
  EXPECT_EQ(pickle.objects[pickle.Root().items[2]].text, "b");
}

TEST(PickleTest, AListMayHoldItself) {
  const std::string program = Program(
      "]q\x07h\x07"
      "a");
  ASSERT_OK_AND_ASSIGN(const Pickle pickle, RunPickle(program));
  EXPECT_THAT(pickle.Root().items, ElementsAre(pickle.root));
}

TEST(PickleTest, NamesOutsideTheAllowListAreRefused) {
  EXPECT_EQ(
      Refusal("cposix\nsystem\n"),
      "pickle, byte 2: it refers to \"posix.system\", which a file of weights may not; save the "
      "weights alone, with torch.save(model.state_dict(), path)");
  EXPECT_THAT(Refusal("ctorch._utils\n_rebuild_tensor\n"), testing::HasSubstr("_rebuild_tensor\""));
  EXPECT_THAT(Refusal("ccollections\ndefaultdict\n"), testing::HasSubstr("defaultdict"));
  EXPECT_EQ(Refusal("c" + std::string(300, 'm') + "\nn\n"),
            "pickle, byte 2: a name is too long or cut off");
  EXPECT_EQ(Refusal("ctorch"), "pickle, byte 2: a name is too long or cut off");
}

TEST(PickleTest, OpcodesOutsideTheAllowListAreRefused) {
  // OBJ, INST, POP, DUP, INT, NEWOBJ, EXT1, the text opcodes and all of protocols 3 to 5.
  for (const unsigned char opcode :
       absl::string_view("oi02IFVSLPldpg1\x81\x82\x83\x84\x8b\x8c\x8f\x92\x93\x94\x95\x97")) {
    EXPECT_EQ(Refusal(std::string(1, static_cast<char>(opcode))),
              absl::StrCat("pickle, byte 2: opcode 0x", absl::Hex(opcode, absl::kZeroPad2),
                           " is not allowed in a file of weights"));
  }
}

TEST(PickleTest, OnlyProtocol2IsRead) {
  EXPECT_THAT(RunPickle(absl::string_view("\x80\x04N.", 4)),
              StatusMessageIs("pickle, byte 0: it does not begin as protocol 2"));
  EXPECT_THAT(RunPickle(""), StatusMessageIs("pickle, byte 0: it does not begin as protocol 2"));
  EXPECT_EQ(Refusal("\x80\x03N"), "pickle, byte 2: it is of protocol 3; must be 2");
}

TEST(PickleTest, ProgramsThatAreCutOffAreRefused) {
  const std::string program = PickleDict({{"a", PickleTensor(PickleStorage("0", 4), 0, {4}, {1})}});
  for (size_t size = 0; size < program.size(); ++size) {
    EXPECT_FALSE(RunPickle(program.substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(Refusal("X\xff\xff\xff\xff"), "pickle, byte 2: the program is cut off");
  EXPECT_EQ(Refusal("\x8a\x09"), "pickle, byte 2: the program is cut off");
}

TEST(PickleTest, TheStackIsNeverReadBelowItsEnd) {
  for (const absl::string_view body : {"a", "s", "q\x01", "R", "Q", "b", "\x85", "\x86", "\x87"}) {
    EXPECT_EQ(Refusal(body), "pickle, byte 2: its stack is empty") << body;
  }
  for (const absl::string_view body : {"t", "e", "u"}) {
    EXPECT_EQ(Refusal(body), "pickle, byte 2: it has no mark to go back to");
  }
  // What lies below a mark is out of reach: APPEND would take the list for the item.
  EXPECT_EQ(Refusal("](a"), "pickle, byte 4: its stack is empty");
  EXPECT_EQ(Refusal("](Na"), "pickle, byte 5: it adds items to what is no list");
  EXPECT_EQ(Refusal(""), "pickle, byte 2: it does not end with one object");
  EXPECT_EQ(Refusal("NN"), "pickle, byte 4: it does not end with one object");
  EXPECT_EQ(Refusal("N("), "pickle, byte 4: it does not end with one object");
  EXPECT_EQ(Refusal("h\x05"), "pickle, byte 2: its memo has no entry 5");
}

TEST(PickleTest, ItemsGoIntoWhatTakesThem) {
  EXPECT_EQ(Refusal("}Na"), "pickle, byte 4: it adds items to what is no list");
  EXPECT_EQ(Refusal("]NNs"), "pickle, byte 5: it adds items to what is no dict");
  EXPECT_EQ(Refusal("}(Nu"), "pickle, byte 5: it sets a key without a value");
  EXPECT_EQ(Refusal("]}b"), "pickle, byte 4: it gives attributes to what may have none");
  EXPECT_EQ(Refusal("}Nb"), "pickle, byte 4: it gives attributes to what may have none");
}

TEST(PickleTest, CallsAreThoseOfTheAllowListWithTheirArguments) {
  const std::string dict = PickleName("collections", "OrderedDict");
  EXPECT_THAT(Refusal("N)R"), testing::EndsWith(": it calls no function"));
  EXPECT_THAT(Refusal(dict + "NR"), testing::EndsWith(": it calls no function"));
  EXPECT_THAT(Refusal(dict + "N\x85R"),
              testing::EndsWith(": it makes an OrderedDict of no list of pairs"));
  EXPECT_THAT(Refusal(dict + "](Ne\x85R"),
              testing::EndsWith(": it makes an OrderedDict of no list of pairs"));
  EXPECT_THAT(Refusal(PickleName("torch", "FloatStorage") + ")R"),
              testing::EndsWith(": it calls a storage class"));
  EXPECT_THAT(Refusal(PickleName("torch._utils", "_rebuild_parameter") + ")R"),
              testing::EndsWith(": it makes a parameter of no tensor"));
  const std::string rebuild = PickleName("torch._utils", "_rebuild_tensor_v2");
  EXPECT_THAT(Refusal(rebuild + ")R"),
              testing::EndsWith(": it makes a tensor of 0 arguments; must be 6"));
  EXPECT_THAT(Refusal(rebuild + "(NNNNNNtR"),
              testing::EndsWith(": it makes a tensor without a storage or an offset"));
  const std::string nine = "(NNNNNNNNNt";
  for (const std::string& sizes : {std::string("N"), std::string("(Nt"), nine}) {
    EXPECT_THAT(
        Refusal(absl::StrCat(rebuild, "(", PickleStorage("0", 1), PickleInt(0), sizes, ")NNtR")),
        testing::EndsWith(": it makes a tensor whose sizes or strides are not at most 8 integers"));
  }
}

TEST(PickleTest, PersistentIdsAreThoseOfStorages) {
  const std::string id = PickleStorage("0", 4);
  const std::string not_a_storage = "a persistent id is not that of a storage";
  EXPECT_THAT(Refusal("NQ"), testing::EndsWith(not_a_storage));
  EXPECT_THAT(Refusal("(NNt"
                      "Q"),
              testing::EndsWith(not_a_storage));
  EXPECT_THAT(Refusal(Patch(id, "storage", "sturage")), testing::EndsWith(not_a_storage));
  EXPECT_THAT(Refusal(Patch(id, PickleInt(4), "N")), testing::EndsWith(not_a_storage));
  EXPECT_THAT(Refusal(Patch(id, PickleName("torch", "FloatStorage"),
                            PickleName("collections", "OrderedDict"))),
              testing::EndsWith("a storage has no storage class"));
  EXPECT_THAT(Refusal(Patch(id, PickleName("torch", "FloatStorage"), "N")),
              testing::EndsWith("a storage has no storage class"));
  EXPECT_THAT(Refusal(PickleStorage("0", -1)), testing::EndsWith("storage \"0\" has -1 elements"));
  EXPECT_THAT(
      Refusal(Patch(id, "tQ", "(NNNttQ")),
      testing::EndsWith("a storage is a view of another, as PyTorch before 0.4 wrote; save it "
                        "anew"));
  EXPECT_THAT(Refusal("](" + id + PickleStorage("0", 5) + "e"),
              testing::EndsWith("storage \"0\" is declared twice and differently"));
  EXPECT_THAT(Refusal("](" + id + PickleStorage("0", 4, "IntStorage") + "e"),
              testing::EndsWith("storage \"0\" is declared twice and differently"));
}

TEST(PickleTest, DepthStackMemoAndObjectsAreBounded) {
  EXPECT_EQ(Refusal(std::string(65, '(')), "pickle, byte 66: it nests too deep");
  EXPECT_EQ(Refusal("(" + std::string((1 << 18) + 1, 'N')),
            "pickle, byte 262147: its stack holds too many objects");
  std::string memo = "N";
  for (int i = 0; i <= 1 << 21; ++i) {
    memo += 'r';
    for (int shift = 0; shift < 32; shift += 8) memo += static_cast<char>(i >> shift);
  }
  EXPECT_THAT(Refusal(memo), testing::EndsWith("its memo holds too many objects"));
  // APPEND keeps the stack low.
  std::string objects = "]";
  for (int i = 0; i < 1 << 22; ++i) objects += "Na";
  EXPECT_THAT(Refusal(objects), testing::EndsWith("it makes too many objects"));
}

TEST(PickleTest, AListCannotBeMultipliedByCheapCalls) {
  // 1000 pairs, made into dicts 5000 times over by eight bytes each.
  std::string program = PickleName("collections", "OrderedDict") + "q\x01" + "NN\x86q\x02](";
  for (int i = 0; i < 1000; ++i) program += "h\x02";
  program += "eq\x03](";
  for (int i = 0; i < 5000; ++i) program += "h\x01h\x03\x85R";
  EXPECT_THAT(Refusal(program), testing::EndsWith("it makes too many objects"));
}

}  // namespace
}  // namespace dfkd
