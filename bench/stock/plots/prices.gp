# SPDX-License-Identifier: MIT
# Loss and accuracy, epoch by epoch. weir-stock hands this to gnuplot behind
#     data                  a CSV: cell,epoch,step,loss,accuracy,val_loss,val_accuracy
#     cells, units          their names; of how many units
#     source, baseline      what data they learned from; the validation's accuracy of always saying
#                           the same
# and a terminal.
set datafile separator ","
set style data linespoints
set grid lt 1 lc rgb "#e8e8e8"
set xlabel "epoch"
set autoscale xfix
set offsets 0.2, 0.2, 0, 0
array colours[16] = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5", "#d53f8c", "#00a3a3", "#718096", \
    "#b7791f", "#e53e3e", "#1a365d", "#7b341e", "#22543d", "#44337a", "#97266d", "#234e52", "#2d3748"]
of(n, column) = strcol(1) eq word(cells, n) ? column : NaN
set multiplot title "Will it rise? ".units." units, data: ".source." - solid: validation, dashed: training" \
    noenhanced
set tmargin at screen 0.9
set bmargin at screen 0.14
set lmargin at screen 0.11
set rmargin at screen 0.5
set key top right noenhanced
set ylabel "loss: binary cross-entropy"
plot for [n = 1:words(cells)] data using (of(n, $2)):6 pt 7 ps 0.6 lw 2 lc rgb colours[n] \
         title word(cells, n), \
     for [n = 1:words(cells)] data using (of(n, $2)):4 dt 2 pt 6 ps 0.6 lw 1.5 lc rgb colours[n] \
         notitle
set lmargin at screen 0.6
set rmargin at screen 0.99
set key bottom right
set offsets 0.2, 0.2, 0, 0.01
set ylabel "accuracy"
plot baseline with lines dt 4 lw 1.5 lc rgb "#444444" title "validation: always the same", \
     for [n = 1:words(cells)] data using (of(n, $2)):7 pt 7 ps 0.6 lw 2 lc rgb colours[n] notitle, \
     for [n = 1:words(cells)] data using (of(n, $2)):5 dt 2 pt 6 ps 0.6 lw 1.5 lc rgb colours[n] \
         notitle
unset multiplot
