//! The verifier in this binary, and files that are none.

use super::*;

const PATH: &str = "/m/verifier.safetensors";
const SHIPPED: &[u8] = include_bytes!("../../models/verifier/model.safetensors");

fn message(bytes: &'static [u8]) -> String {
    let backend = device::open(DeviceChoice::Cpu, Precision::F32).unwrap();
    Verifier::parse(Bytes::from_static(bytes), Path::new(PATH), &backend).err().unwrap().to_string()
}

#[test]
fn the_shipped_verifier_tells_a_rewording_from_a_trap() {
    for precision in [Precision::F32, Precision::Int8, Precision::Bf16] {
        let verifier = Verifier::shipped(precision).unwrap();
        let asked = "How do I reset my password?";
        let same = verifier.logit("how can i reset my password", asked).unwrap();
        for trap in ["How do I reset my username?", "Why did I reset my password?"] {
            assert!(verifier.logit(trap, asked).unwrap() < same - 2.0, "{trap} in {precision:?}");
        }
    }
}

#[test]
fn texts_beyond_the_window_are_refused_unless_they_share_their_beginning() {
    let verifier = Verifier::shipped(Precision::Auto).unwrap();
    let long = "word ".repeat(200);
    assert!(matches!(verifier.logit(&long, "short"), Err(VerifyError::TooLong)));
    let (one, two) = (format!("{long} is it red?"), format!("{long} is it blue?"));
    assert!(verifier.logit(&one, &two).unwrap().is_finite());
    assert!(verifier.logit("", "").unwrap().is_finite());
}

#[test]
fn a_broken_or_foreign_file_is_named_with_what_is_wrong() {
    let foreign = shipped::FILES.iter().find(|(name, _)| *name == "model.safetensors").unwrap().1;
    for (bytes, phrase) in [
        (&SHIPPED[..SHIPPED.len() / 2], "safetensor"),
        (b"not a model".as_slice(), "safetensor"),
        (foreign, "`difference.weight` is absent: not the weights of this architecture"),
    ] {
        let message = message(bytes);
        assert!(message.contains(PATH), "{message}");
        assert!(message.to_lowercase().contains(phrase), "{message}");
    }
}

#[test]
fn what_both_questions_share_is_cut_from_the_front() {
    let shared: Vec<u32> = (0..200).collect();
    let (one, two) = ([shared.as_slice(), &[1000]].concat(), [shared.as_slice(), &[2000]].concat());
    let (first, second) = joint(&one, &two).unwrap();
    assert_eq!((first.len(), second.len()), (MAX_TOKENS, MAX_TOKENS));
    assert_eq!((first.last(), second.last()), (Some(&1000), Some(&2000)));
    assert_eq!(joint(&[1, 2], &[3]).unwrap(), ([1, 2].as_slice(), [3].as_slice()));
}
