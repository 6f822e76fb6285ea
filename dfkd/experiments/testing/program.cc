#include "dfkd/experiments/testing/program.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/files.h"

namespace dfkd {
namespace {

constexpr char kProgram[] = "dfkd/experiments/dfkd";

std::string Quoted(const std::string& word) {
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

Outcome Dfkd(const std::vector<std::string>& words) {
  const std::string out = JoinPath(::testing::TempDir(), "out");
  const std::string err = JoinPath(::testing::TempDir(), "err");
  std::string command = absl::StrCat("cd ", Quoted(::testing::TempDir()), " && ",
                                     Quoted(std::filesystem::absolute(kProgram).string()));
  for (const std::string& word : words) absl::StrAppend(&command, " ", Quoted(word));
  const int status = std::system(absl::StrCat(command, " >", out, " 2>", err).c_str());
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.output = *ReadFile(out);
  outcome.error = *ReadFile(err);
  return outcome;
}

void ExpectRefused(const std::vector<std::string>& words, const std::string& message,
                   int exit_code) {
  const Outcome outcome = Dfkd(words);
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.error;
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(outcome.error, absl::StrCat("dfkd: error: ", message, "\n"));
}

}  // namespace dfkd
