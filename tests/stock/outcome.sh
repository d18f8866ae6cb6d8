#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# outcome.sh WEIR_STOCK: what it says and writes of a training agrees with itself: the summary, the
# accuracy and the confusion matrix with the predictions, the curves with the epochs. A task that can
# be learned is learned.
. "$(dirname "$0")/common.sh"
says() { # REGULAR EXPRESSION
    grep -qE -e "$1" out || complain "it does not say: $1"
}

# ---- The default job, but for its length: summary, parts, predictions ----

run --epochs 2 --predictions p.csv --weights w.safetensors --plot plot --report report.md \
    >out 2>err || fail "$(<err)"
says 'lstm \(recurrent\) .* 4\*64\*\(2\+64\+1\) = 17,152$'
says 'dense \(one step\) .* 1\*\(64\+1\) = 65$'
says '^Total params: 17,217$'
says '^103/103 \[={30}\] - .*ms/step - loss: 0\.[0-9]{4} - accuracy: 0\..* - val_accuracy: 0\.'
[[ $(grep -c '^Epoch [12]/2$' out) -eq 2 ]] || complain "there are not two epochs"
! grep -q $'\r' out || complain "a progress bar in a file is alive"

# 5,105 closes: 5,103 days with a change before and after; a fifth of them is the test.
[[ $(head -n 1 p.csv) == day,date,close,next_close,probability,said,rose ]] || complain "p.csv: header"
[[ $(wc -l <p.csv) -eq 1021 ]] || complain "p.csv has $(wc -l <p.csv) lines"
awk -F, -v threshold=0.15 '
    NR == 1 { next }
    { rose = 100 * ($4 / $3 - 1) > threshold; said = $5 > 0.5; count[rose, said]++; good += rose == said
      none += !rose }
    rose != $7 || said != $6 { print "line " NR ": " $0; bad = 1 }
    $2 <= last { print "line " NR ": not after the day before"; bad = 1 }
    { last = $2 }
    END { printf "%.4f %.4f %d %d %d %d\n", good / (NR - 1), none / (NR - 1), count[0, 0], count[0, 1],
                 count[1, 0], count[1, 1]; exit bad }' p.csv >counted || complain "p.csv: $(<counted)"
read -r accuracy baseline a b c d <counted
says "accuracy: $accuracy - of always saying the same: $baseline\$"
says "^  no rise   happened +$a +$b\$"
says "^  rise      happened +$c +$d\$"
awk -F, 'NR > 1' "$root/bench/data/sp500-daily.csv" | tail -n 1021 | sed '$d' | cut -d, -f1 >dates
tail -n +2 p.csv | cut -d, -f2 | cmp - dates || complain "p.csv: not the last days but one"

# ---- Files ----

[[ $(wc -l <plot.csv) -eq 3 && $(head -n 1 plot.csv) == cell,epoch,step,loss,* ]] ||
    complain "plot.csv: $(<plot.csv)"
grep -q "\*\*$accuracy\*\*" report.md || complain "report.md: $(<report.md)"
if command -v gnuplot >command; then
    grep -q '^Written: plot.png' out || complain "no plot.png"
    [[ $(head -c 4 plot.png | tail -c 3) == PNG ]] || complain "plot.png is no PNG"
    grep -q '</svg>' plot.svg || complain "plot.svg is not whole"
fi
# A name is a name, whatever it means to gnuplot or a shell: each draws what another draws.
if command -v gnuplot >command; then
    mkdir names
    run "${small[@]}" --plot usual >out 2>err || complain "$(<err)"
    for name in 'it'"'"'s "a" chart' '$(touch oh) `touch oh`' 'back\slash\n' '<touch oh;' "-" '+' '@x %d {b}_c^d'; do
        run "${small[@]}" --plot "names/$name" >out 2>err && run "${small[@]}" --plot "$name" >out 2>>err ||
            complain "--plot $name: $(<err)"
        [[ ! -s err && ! -e oh ]] && cmp usual.svg "./$name.svg" && cmp usual.svg "names/$name.svg" ||
            complain "--plot $name is drawn otherwise: $(<err)"
    done
fi
for option in data checkpoint weights predictions plot report; do
    expect 2 "--$option 'a?!touch oh?': it has a control character, such as the end of a line, in it" \
        "${small[@]}" --$option $'a\n!touch oh\n'
    expect 2 "--$option 'a??31m': it has a control character*" "${small[@]}" --$option $'a\r\x1b31m'
done
[[ ! -e oh ]] || complain "a name was obeyed"

mkdir empty
ln -s "$(command -v sh)" empty/sh
PATH=$scratch/empty "$stock" "${small[@]}" --plot bare >out 2>err ||
    complain "without gnuplot: $(<err)"
[[ $(<err) == *"there is no gnuplot (Debian: gnuplot-nox); their numbers are in bare.csv" ]] ||
    complain "without gnuplot: $(<err)"
[[ -s bare.csv && ! -e bare.svg ]] || complain "without gnuplot: there is no bare.csv, or a chart"
for option in checkpoint weights predictions plot report; do
    expect 2 "nowhere/file*could not be written*" "${small[@]}" --$option nowhere/file
done
mkdir fake
printf '#!/bin/sh\nhead -c 4000 /dev/zero\n' >fake/gnuplot # a picture that is cut
chmod +x fake/gnuplot
cut=0
PATH=$scratch/fake:$PATH run "${small[@]}" --plot cut >out 2>err || cut=$?
[[ $cut -eq 1 && ! -e cut.svg && $(<err) == "weir-stock: cut.svg could not be drawn: "*cut.csv ]] ||
    complain "half a chart: $cut, $(<err)"
if command -v gnuplot >command && [[ -e /dev/full ]]; then
    ln -s /dev/full full.svg
    ! run "${small[@]}" --plot full >out 2>err || complain "a full disk is not told of"
    [[ $(<err) == "weir-stock: "*" could not be written: No space left on device; "* ]] ||
        complain "a full disk: $(<err)"
fi
[[ -z $(find . -name '*.part') ]] || complain "files are left unfinished"

# ---- Learning ----

run --data adding --window 20 --units 32 --cell gru --rate 0.01 --epochs 20 >out 2>err ||
    fail "$(<err)"
says 'solved, being below \(0.01\)'
says "^The validation's loss is below 0.005: done after"
run --data synthetic --epochs 4 >out 2>err || fail "$(<err)"
says '^  Better than always saying the same, by \+0\.2'
verdict "what it says and writes agrees with itself"
