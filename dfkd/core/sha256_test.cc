#include "dfkd/core/sha256.h"

#include <set>
#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// FIPS 180-4's examples, and NIST's long one.
TEST(Sha256Test, EqualsNistVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The length field no longer fits behind 56 bytes of the last block.
TEST(Sha256Test, EveryLengthAroundABlockIsDifferent) {
  std::set<std::string> seen;
  for (int n = 54; n <= 66; ++n) seen.insert(Sha256Hex(std::string(n, '\0')));
  EXPECT_EQ(seen.size(), 13u);
}

}  // namespace
}  // namespace dfkd
