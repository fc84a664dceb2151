//! Minimises a smooth convex function (L-BFGS: Nocedal & Wright, Numerical Optimization, algorithm 7.4).

use std::collections::VecDeque;

/// A function's value and slope somewhere.
pub(super) struct Point {
    pub value: f64,
    pub gradient: Vec<f64>,
}

/// Steps that are remembered.
const MEMORY: usize = 10;

/// Steps at most.
const STEPS: usize = 200;

/// It is flat enough where no slope is steeper than this.
const FLAT: f64 = 1e-5;

/// A step is halved this often before the search ends.
const HALVINGS: u32 = 20;

/// The part of what the slope promises that a step must bring (Armijo's condition).
const SUFFICIENT: f64 = 1e-4;

/// A step and how much the slope changed along it.
struct Step {
    moved: Vec<f64>,
    bent: Vec<f64>,
    /// Inverse of their product.
    scale: f64,
}

/// Goes downhill from `start` until it is flat.
pub(super) fn minimise(start: Vec<f64>, function: &dyn Fn(&[f64]) -> Point) -> Vec<f64> {
    let mut place = start;
    let mut here = function(&place);
    let mut steps: VecDeque<Step> = VecDeque::with_capacity(MEMORY);
    for _ in 0..STEPS {
        if here.gradient.iter().all(|slope| slope.abs() < FLAT) {
            break;
        }
        let direction = direction(&here.gradient, &steps);
        let Some((next, there)) = search(&place, &here, &direction, function) else { break };
        let difference =
            |to: &[f64], from: &[f64]| to.iter().zip(from).map(|(a, b)| a - b).collect();
        let (moved, bent): (Vec<f64>, Vec<f64>) =
            (difference(&next, &place), difference(&there.gradient, &here.gradient));
        let curvature = dot(&moved, &bent);
        if curvature > 0.0 {
            if steps.len() == MEMORY {
                steps.pop_front();
            }
            steps.push_back(Step { moved, bent, scale: 1.0 / curvature });
        }
        (place, here) = (next, there);
    }
    place
}

/// Halves the step until it goes down far enough.
fn search(
    place: &[f64],
    here: &Point,
    direction: &[f64],
    function: &dyn Fn(&[f64]) -> Point,
) -> Option<(Vec<f64>, Point)> {
    let promise = dot(&here.gradient, direction);
    (0..HALVINGS).find_map(|halvings| {
        let size = 0.5_f64.powi(halvings as i32);
        let next: Vec<f64> = place.iter().zip(direction).map(|(at, way)| at + size * way).collect();
        let there = function(&next);
        (there.value <= here.value + SUFFICIENT * size * promise).then_some((next, there))
    })
}

/// Down the slope, bent by what is known of the curvature.
fn direction(gradient: &[f64], steps: &VecDeque<Step>) -> Vec<f64> {
    let mut way: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = step.scale * dot(&step.moved, &way);
        add(&mut way, -share, &step.bent);
        shares.push(share);
    }
    // The first step goes as far as the slope is steep, at most by 1.
    let size = match steps.back() {
        Some(last) => 1.0 / (last.scale * dot(&last.bent, &last.bent)),
        None => 1.0 / dot(gradient, gradient).sqrt().max(1e-300),
    };
    way.iter_mut().for_each(|part| *part *= size);
    for (step, share) in steps.iter().zip(shares.into_iter().rev()) {
        let back = step.scale * dot(&step.bent, &way);
        add(&mut way, share - back, &step.moved);
    }
    way
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_place_of_a_narrow_valley_is_found() {
        // (x - 3)² + 100 (y + 1)² + x y / 10, whose slope is nought at one place.
        let valley = |at: &[f64]| Point {
            value: (at[0] - 3.0).powi(2) + 100.0 * (at[1] + 1.0).powi(2) + at[0] * at[1] / 10.0,
            gradient: vec![
                2.0 * (at[0] - 3.0) + at[1] / 10.0,
                200.0 * (at[1] + 1.0) + at[0] / 10.0,
            ],
        };
        let found = minimise(vec![0.0, 0.0], &valley);
        let y = -200.3 / (200.0 - 0.005);
        let x = 3.0 - y / 20.0;
        assert!((found[0] - x).abs() < 1e-5 && (found[1] - y).abs() < 1e-6, "{found:?}");
    }
}
