// The program as a shell sees it, for tests that have //dfkd/experiments:dfkd among their data.
#ifndef DFKD_EXPERIMENTS_TESTING_PROGRAM_H_
#define DFKD_EXPERIMENTS_TESTING_PROGRAM_H_

#include <string>
#include <vector>

namespace dfkd {

struct Outcome {
  int exit_code = -1;
  std::string output;
  std::string error;
};

// Runs `dfkd WORDS…` in the test's own folder, testing::TempDir().
Outcome Dfkd(const std::vector<std::string>& words);

// Expects this exit code, nothing on the standard output, and exactly this on the other.
void ExpectRefused(const std::vector<std::string>& words, const std::string& message,
                   int exit_code = 2);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_PROGRAM_H_
